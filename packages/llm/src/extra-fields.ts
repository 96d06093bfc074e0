/**
 * Fields of a request with those that the user adds: titles for a router's list, projects, betas, what a gateway wants.
 *
 * A name that is there already gets both values as one list (RFC 9110, section 5.3), in its place. What no field may be, the
 * encoder of `@sx/net` refuses.
 */
import type { Field, Fields } from '@sx/net';

export function withExtraFields(own: Fields, extra: Fields = []): Fields {
  const fields: Field[] = [...own];
  for (const [name, value] of extra) {
    const at = fields.findIndex(([known]) => known.toLowerCase() === name.toLowerCase());
    const there = fields[at];
    if (there === undefined) fields.push([name, value]);
    else fields[at] = [there[0], `${there[1]},${value}`];
  }
  return fields;
}
