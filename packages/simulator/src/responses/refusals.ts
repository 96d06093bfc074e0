/** The two bodies in which the vendor says no: `{"detail":…}` from the ChatGPT layer, `{"error":{…}}` from the API layer. */
import { RefusedRequest } from '../server/exchange.ts';

export const refuseDetail = (detail: string, status = 400): RefusedRequest => new RefusedRequest(
  { status, body: { detail } },
  detail,
);

export function refuseParameter(message: string, param: string | null, code: string | null, status = 400): RefusedRequest {
  return new RefusedRequest({ status, body: { error: { message, type: 'invalid_request_error', param, code } } }, message);
}

export const refuseMissing = (param: string): RefusedRequest => refuseParameter(
  `Missing required parameter: '${param}'.`,
  param,
  'missing_required_parameter',
);
export const refuseUnknown = (param: string): RefusedRequest => refuseParameter(
  `Unknown parameter: '${param}'.`,
  param,
  'unknown_parameter',
);

export function refuseType(param: string, expected: string, got: unknown): RefusedRequest {
  const kind =
    got === null ? 'null' : Array.isArray(got) ? 'an array' : typeof got === 'object' ? 'an object' : `a ${typeof got}`;
  return refuseParameter(`Invalid type for '${param}': expected ${expected}, but got ${kind} instead.`, param, 'invalid_type');
}

export function refuseValue(param: string, got: unknown, supported: readonly string[]): RefusedRequest {
  const list = supported.map((value) => `'${value}'`).join(', ');
  return refuseParameter(`Invalid value: '${String(got)}'. Supported values are: ${list}.`, param, 'invalid_value');
}
