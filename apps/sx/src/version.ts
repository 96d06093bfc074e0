/** The version, equal to that of `package.json`; a test compares them. A constant, because the executable has no files beside it. */
export const VERSION = '0.1.0';
