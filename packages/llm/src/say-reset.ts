/**
 * Of a limit that is used up nobody waits for the end, so the error says when that is; or, where no server said it, that.
 *
 * Of money, or of a plan that lacks the product, nothing resets: there it is not said.
 *
 * In: an error, as the protocol and the provider made it. Out: the same, with `resetsAtMs` where a delay was named, else with a
 * hint.
 */
import { amendError, type ProviderError } from './provider-error.ts';

const UNKNOWN = 'the server does not say when it resets';
/** The vendor's own words say something of time, in a form that nobody reads but people. */
const SAYS_WHEN = /\breset|\brenew|again (?:in|at|on|after)\b|\buntil\b/i;
/** A plan without the product, an account without money: no window that opens again. */
const LACKS = /not.included|billing_(?:error|not_active)|enable billing|credit balance|insufficient (?:balance|credit|fund)|purchase credits/i;

export function sayReset(error: ProviderError, nowMs: number): ProviderError {
  if (error.code !== 'PROVIDER_USAGE_LIMIT' && error.code !== 'PROVIDER_QUOTA') return error;
  if (error.resetsAtMs !== undefined) return error;
  if (error.retryAfterMs !== undefined) return amendError(error, { resetsAtMs: nowMs + error.retryAfterMs });
  if (SAYS_WHEN.test(error.message)) return error;
  if (error.code === 'PROVIDER_QUOTA' && LACKS.test(`${error.vendorCode ?? ''} ${error.message}`)) return error;
  return amendError(error, { hint: error.hint === undefined ? UNKNOWN : `${error.hint}; ${UNKNOWN}` });
}
