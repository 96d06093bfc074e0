import { resolve } from 'node:path';

/** The repository's root. Every path in this folder is relative to it. */
export const root = resolve(import.meta.dirname, '../..');
