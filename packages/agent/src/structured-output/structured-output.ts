/**
 * An answer that must fit a JSON Schema, in one of two ways.
 *
 * `native`: the request says so (`responseFormat`), and the vendor holds the model to it. `tool`: the model is offered one more
 * tool whose arguments are the answer, and made to call it where there is no other. Both are checked here, because vendors
 * promise less than they say: an answer that does not fit goes back once with what is wrong; then the run fails. A server of
 * which nothing is known may refuse the schema as such: then it is asked by the tool.
 *
 * In: what the model said at the end of a turn, or with which arguments it called the tool. Out: a verdict: the answer, a message
 * that asks once more, or an error.
 */
import { isObject, isProviderError, type JsonObject, type JsonValue, type ModelCapabilities, type ModelRequest, parseJson, type ProviderErrorCode, type UserMessage } from '@sx/llm';

import { AgentError } from '../agent-error.ts';
import { agentLimits } from '../limits.ts';
import type { Tool } from '../tool.ts';
import type { JsonSchema } from './json-schema.ts';

export interface StructuredOutputOptions {
  readonly schema: JsonSchema;
  /** `ModelCapabilities.structuredOutput`. Default `native`. */
  readonly way?: ModelCapabilities['structuredOutput'];
}

export interface StructuredAnswer {
  readonly value: JsonValue;
  /** The JSON text of it. */
  readonly text: string;
}

export type Verdict =
  | { readonly kind: 'answer' }
  | { readonly kind: 'repair'; readonly message: UserMessage; readonly warning: string }
  | { readonly kind: 'failure'; readonly error: AgentError };

export interface StructuredOutput {
  /** To be offered beside the others. */
  readonly tools: readonly Tool[];
  /** The request was refused. True where it was for its schema: from now on it goes by the tool, which is in `tools`. */
  fallBack(error: unknown): boolean;
  /** What the next request says beside its settings. */
  settings(): Pick<ModelRequest, 'responseFormat' | 'toolChoice'>;
  /** The model has ended its turn with this text and no call. */
  judgeText(text: string): Verdict;
  /** After tools ran: whether one of them was the answer. Undefined: none was. */
  judgeCalls(): Verdict | undefined;
  /** Once the verdict was `answer`. */
  readonly answer: StructuredAnswer | undefined;
}

export const ANSWER_TOOL = 'structured_output';
const REFUSALS: readonly ProviderErrorCode[] = ['PROVIDER_INVALID_REQUEST', 'PROVIDER_UNSUPPORTED'];
/** How APIs call it; a refusal that is about something else must not be taken for one of the schema. */
const SCHEMA_WORDS = /response_?format|json_?schema|response_?schema|output_config|text\.format|structured.?output/i;
const FORMAT_NAME = 'answer';
const DESCRIPTION = 'Gives your final answer to the user. Call it exactly once, when everything else is done, instead of answering in text.';

export function createStructuredOutput({ schema, way = 'native' }: StructuredOutputOptions, otherTools: number): StructuredOutput {
  let byTool = way === 'tool' || (way === 'native-without-tools' && otherTools > 0);
  const wrapped = toToolInput(schema.source);
  let answer: StructuredAnswer | undefined;
  let repairs = 0;
  /** Faults of a call that nobody has judged yet. */
  let refusedCall: readonly string[] | undefined;

  const fail = (faults: readonly string[]): Verdict => ({
    kind: 'failure',
    error: new AgentError('AGENT_STRUCTURED_OUTPUT', `the answer does not fit the schema, also after ${repairs === 1 ? 'one repair' : `${repairs} repairs`}: ${faults.join('; ')}`),
  });
  const repair = (faults: readonly string[], wanted: string): Verdict => {
    if (repairs >= agentLimits.answerRepairsMax) return fail(faults);
    repairs += 1;
    const text = `Your answer does not fit the JSON Schema that it must fit:\n${faults.map((fault) => `- ${fault}`).join('\n')}\n${wanted}`;
    return {
      kind: 'repair',
      message: { role: 'user', content: [{ type: 'text', text }] },
      warning: `the answer does not fit the schema, asked once more: ${faults.join('; ')}`,
    };
  };
  const accept = (value: JsonValue, text: string): void => void (answer = { value, text });

  const tool: Tool = {
    definition: { name: ANSWER_TOOL, description: DESCRIPTION, inputSchema: wrapped.inputSchema },
    parallel: false,
    accesses: () => ({ kind: 'accesses', list: [], title: 'answer' }),
    run(input) {
      const value = wrapped.unwrap(input);
      const faults = schema.validate(value);
      if (faults.length === 0) {
        accept(value, JSON.stringify(value));
        return Promise.resolve({ isError: false, content: [{ type: 'text', text: 'Accepted.' }] });
      }
      refusedCall = faults;
      const text = `The answer was not accepted, it does not fit the schema:\n${faults.map((fault) => `- ${fault}`).join('\n')}\nCall ${ANSWER_TOOL} again.`;
      return Promise.resolve({ isError: true, content: [{ type: 'text', text }] });
    },
  };

  return {
    get tools() {
      return byTool ? [tool] : [];
    },
    fallBack(error) {
      const aboutSchema = isProviderError(error) && REFUSALS.includes(error.code) && SCHEMA_WORDS.test(error.message);
      if (byTool || !aboutSchema) return false;
      byTool = true;
      return true;
    },
    settings() {
      if (!byTool) return { responseFormat: { name: FORMAT_NAME, schema: schema.source } };
      // With other tools at hand it is made to call this one only once it has tried to end without.
      return otherTools === 0 || repairs > 0 ? { toolChoice: { name: ANSWER_TOOL } } : {};
    },
    judgeText(text) {
      if (byTool) return repair([`no call of ${ANSWER_TOOL}, but text`], `Call ${ANSWER_TOOL} with it now.`);
      const found = readAnswer(text);
      if (typeof found === 'string') return repair([found], 'Answer again, with the JSON alone: no text around it, no code fence.');
      const faults = schema.validate(found.value);
      if (faults.length > 0) return repair(faults, 'Answer again, with the whole JSON.');
      accept(found.value, found.text);
      return { kind: 'answer' };
    },
    judgeCalls() {
      if (answer !== undefined) return { kind: 'answer' };
      const faults = refusedCall;
      refusedCall = undefined;
      // The result of the call has told the model already: no message is needed.
      if (faults === undefined) return undefined;
      if (repairs >= agentLimits.answerRepairsMax) return fail(faults);
      repairs += 1;
      return undefined;
    },
    get answer() {
      return answer;
    },
  };
}

/** The value, or why there is none. One code fence around it is forgiven: it says nothing else. */
function readAnswer(text: string): StructuredAnswer | string {
  if (text.length > agentLimits.answerCharsMax) return `$: ${text.length} characters, the limit is ${agentLimits.answerCharsMax}`;
  const fenced = /^\s*```(?:json)?[ \t]*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1];
  const json = fenced ?? text.trim();
  const value = parseJson(json);
  if (value !== undefined) return { value, text: json };
  return `$: expected JSON, got ${json === '' ? 'no text' : JSON.stringify(json.slice(0, 80))}`;
}

/** Arguments are always an object; an answer of another kind becomes its one member, with the definitions it refers to. */
function toToolInput(source: JsonObject): { readonly inputSchema: JsonObject; readonly unwrap: (input: JsonObject) => JsonValue } {
  if (source['type'] === 'object') return { inputSchema: { properties: {}, ...source }, unwrap: (input) => input };
  const { $defs, definitions, ...answer } = source;
  const shared = { ...($defs === undefined ? {} : { $defs }), ...(definitions === undefined ? {} : { definitions }) };
  return {
    inputSchema: { type: 'object', properties: { answer: pointToMember(answer) }, required: ['answer'], additionalProperties: false, ...shared },
    unwrap: (input) => input['answer'] ?? null,
  };
}

/** `#` meant the whole answer, which is a member now. */
function pointToMember(schema: JsonValue | undefined): JsonValue {
  if (Array.isArray(schema)) return schema.map(pointToMember);
  if (!isObject(schema)) return schema ?? null;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      const moved = key === '$ref' && typeof value === 'string' && !/^#\/(\$defs|definitions)\//.test(value);
      return [key, moved ? `#/properties/answer${value.slice(1)}` : pointToMember(value)];
    }),
  );
}
