/** Sets fields of a request: those of the same name go, so that a credential never stands beside an older one. */
import type { Fields, HttpRequest } from '@sx/net';

export function withFields(request: HttpRequest, fields: Fields): HttpRequest {
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  const kept = (request.fields ?? []).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...request, fields: [...kept, ...fields] };
}
