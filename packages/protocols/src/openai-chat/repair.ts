/**
 * A request without the member that a server refused, tried once and remembered, so that it is refused once only.
 *
 * Servers differ in what they take, and change; no table is ever right about all of them. Where one says which member of the
 * body it does not know, the request goes out again without it, or with what the server wants instead. What the request is
 * about (messages, tools, a schema) is never left out.
 */
import { isObject, type JsonObject, type JsonValue, type ProviderError, type ProviderQuirks } from '@sx/llm/provider-kit';

/** Models that are remembered at a time; a forgotten one costs a request. */
const REMEMBERED_MAX = 64;
const NEEDED: readonly string[] = ['model', 'messages', 'input', 'instructions', 'tools', 'response_format', 'text', 'stream'];

export interface MemberRepairs extends Required<Pick<ProviderQuirks, 'body' | 'repair'>> {}

export function createMemberRepairs(): MemberRepairs {
  /** By model: member → what is sent instead, if anything. */
  const refused = new Map<string, ReadonlyMap<string, string | undefined>>();
  return {
    body: (body, { model }) => without(body, refused.get(model)),
    repair(error: ProviderError, { request: { model }, body }) {
      const member = refusedMember(error);
      if (member === undefined || memberOf(body, member.name) === undefined || NEEDED.includes(member.name)) return undefined;
      const known = refused.get(model) ?? new Map<string, string | undefined>();
      if (refused.size >= REMEMBERED_MAX) refused.clear();
      refused.set(model, new Map([...known, [member.name, member.use]]));
      const instead = member.use === undefined ? 'left out' : `${member.use} is sent`;
      return { warnings: [`the server does not take ${member.name}: ${instead}`] };
    },
  };
}

function memberOf(body: JsonObject, path: string): JsonValue | undefined {
  const [name = '', inner] = path.split('.');
  const value = body[name];
  return inner === undefined ? value : isObject(value) ? value[inner] : undefined;
}

function without(body: JsonObject, refused: ReadonlyMap<string, string | undefined> | undefined): JsonObject {
  if (refused === undefined) return body;
  return Object.fromEntries(Object.entries(body).flatMap(([name, value]): [string, JsonValue | undefined][] => {
    if (isObject(value) && [...refused.keys()].some((path) => path.startsWith(`${name}.`))) {
      return [[name, Object.fromEntries(Object.entries(value).filter(([inner]) => !refused.has(`${name}.${inner}`)))]];
    }
    if (!refused.has(name)) return [[name, value]];
    const instead = refused.get(name);
    return instead === undefined ? [] : [[instead, value]];
  }));
}

/**
 * The member of the body that a 400 or 422 is about, where it says that the server does not know or take it; a request
 * without it may pass. `name` may be a path of two: `reasoning.summary`. `use`: what it wants instead.
 */
function refusedMember(error: ProviderError): { readonly name: string; readonly use?: string } | undefined {
  if (error.status !== 400 && error.status !== 422) return undefined;
  if (/must be verified to generate reasoning summar/i.test(error.message)) return { name: 'reasoning.summary' };
  for (const pattern of REFUSED) {
    const name = pattern.exec(error.message)?.[1];
    if (name === undefined) continue;
    const use = /use '(\w+)' instead/i.exec(error.message)?.[1];
    return { name, ...(use === undefined ? {} : { use }) };
  }
  return undefined;
}

const REFUSED = [
  /unsupported parameter: '?(\w+(?:\.\w+)?)/i, // OpenAI
  /unrecognized request arguments? supplied: (\w+)/i, // OpenAI
  /\bbody\.(\w+(?:\.\w+)?): extra inputs are not permitted/i, // FastAPI, as `errors.ts` reads it
  /property '(\w+)' is unsupported/i, // Groq
  /does not support parameters:? [[{]'(\w+)'/i, // LiteLLM
  /\b(?:unknown|unsupported|unexpected|unrecognized) (?:parameter|argument|field|property|name|key)s?:? [`'"]?(\w+(?:\.\w+)?)/i,
];
