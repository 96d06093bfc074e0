export { apiKey, type ApiKeyOptions, noAuth } from './api-key.ts';
export { bearer, type BearerOptions } from './bearer.ts';
