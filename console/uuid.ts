const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a part of an address has the form of a case's id. */
export const isUuid = (text: string): boolean => UUID.test(text);
