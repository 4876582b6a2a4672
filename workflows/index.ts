export { departmentChannel } from './department-channel.js';
export { enforcement } from './enforcement.js';
