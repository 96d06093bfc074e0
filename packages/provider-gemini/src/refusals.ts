/** What an error means at this vendor, and what would help. */
import { amendError, type ProviderError } from '@sx/llm/provider-kit';

const LIST = 'sx models gemini lists what is offered';
const KEYS = 'set GEMINI_API_KEY to a key of https://aistudio.google.com/apikey';

export function sayKey(error: ProviderError): ProviderError {
  if (error.hint !== undefined) return error;
  switch (error.code) {
    case 'PROVIDER_AUTHENTICATION': return amendError(error, { hint: KEYS });
    case 'PROVIDER_NOT_FOUND': return amendError(error, { hint: LIST });
    case 'PROVIDER_QUOTA': return amendError(error, { hint: 'billing is set up at https://aistudio.google.com' });
    default: return error;
  }
}

/** A request that named a cache, refused because of it: gone before its time, or of another project. */
export function isCacheRefusal({ status = 0, message }: ProviderError): boolean {
  return status >= 400 && status < 500 && /cached_?\s?content/i.test(message);
}

/** Servers that stand in for the vendor's may know only the OpenAPI subset. */
export function lacksJsonSchema({ status, message }: ProviderError): boolean {
  return status === 400 && /unknown name.{0,8}(?:parametersJsonSchema|responseJsonSchema|parameters_json_schema)/i.test(message);
}
