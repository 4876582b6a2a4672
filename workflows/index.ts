export { enforcement } from './enforcement.js';
