/**
 * Servers that speak chat completions, each a little differently. One row a server; the rules and the writer of events read the
 * row.
 */
export interface ChatVendor {
  /** `ignored`: any key or none. */
  readonly key: 'required' | 'ignored';
  /** Refuses members and message fields that it does not know. */
  readonly strict: boolean;
  readonly developerRole: boolean;
  readonly tokensField: 'max_completion_tokens' | 'max_tokens';
  /** Members that it refuses though others know them. */
  readonly rejects: readonly string[];
  /** Where it shows its thoughts; absent: it does not. */
  readonly reasoningField?: 'reasoning_content' | 'reasoning';
  /** Structured thoughts, to be replayed verbatim. */
  readonly reasoningDetails?: boolean;
  /** Assistant messages with calls must carry the reasoning field, even if empty. */
  readonly reasoningRequired?: boolean;
  /** Knows no `response_format: json_schema`. */
  readonly jsonSchema?: false;
  /** Its templates take no two messages of the user in a row. */
  readonly alternates?: boolean;
  /** No message of the user may follow a result, and ids of calls are nine letters and digits (Mistral). */
  readonly mistralOrder?: boolean;
  /** Where the history has calls, tools have to be offered (LiteLLM in front of Anthropic). */
  readonly toolsWithHistory?: boolean;
  /** `null` content is refused. */
  readonly contentRequired: boolean;
  /** `no-index` and `same-index` are what broken servers send. */
  readonly calls: 'streamed' | 'whole' | 'no-index' | 'same-index' | 'object-arguments';
  /**
   * `chunk`: a last chunk without choices, if asked for; `choice`: inside the last choice; `finish`: on the chunk that finishes.
   */
  readonly usage: 'chunk' | 'choice' | 'finish' | 'none';
  /** Sends `[DONE]`. */
  readonly done: boolean;
  /** Keep-alive comment. */
  readonly comment?: string;
  /** An error in mid-stream: as a chunk with `finish_reason: "error"`, or bare. */
  readonly errorChunk: 'choice' | 'bare' | 'text';
  /** A first chunk without choices, before all others. */
  readonly filterChunk?: boolean;
  readonly cost?: boolean;
}

const compatible: ChatVendor = {
  key: 'required', strict: false, developerRole: false, tokensField: 'max_tokens', rejects: ['max_completion_tokens', 'store'], contentRequired: false, calls: 'streamed', usage: 'chunk', done: true, errorChunk: 'bare',
};
const local: ChatVendor = { ...compatible, key: 'ignored', contentRequired: true, alternates: true };

export const vendors: Readonly<Record<string, ChatVendor>> = {
  openai: { ...compatible, strict: true, developerRole: true, tokensField: 'max_completion_tokens', rejects: [] },
  azure: {
    ...compatible,
    strict: true,
    developerRole: true,
    tokensField: 'max_completion_tokens',
    rejects: [],
    filterChunk: true,
  },
  deepseek: { ...compatible, jsonSchema: false, reasoningField: 'reasoning_content', reasoningRequired: true, usage: 'finish' },
  zai: { ...compatible, reasoningField: 'reasoning_content' },
  moonshot: { ...compatible, reasoningField: 'reasoning_content', usage: 'choice' },
  xai: { ...compatible, reasoningField: 'reasoning_content', calls: 'whole' },
  groq: { ...compatible, reasoningField: 'reasoning', calls: 'whole', usage: 'finish' },
  mistral: { ...compatible, rejects: [...compatible.rejects, 'stream_options'], usage: 'finish', mistralOrder: true },
  together: { ...compatible, reasoningField: 'reasoning' },
  fireworks: { ...compatible, reasoningField: 'reasoning_content' },
  openrouter: {
    ...compatible,
    developerRole: true,
    tokensField: 'max_completion_tokens',
    rejects: [],
    reasoningField: 'reasoning',
    reasoningDetails: true,
    comment: 'OPENROUTER PROCESSING',
    errorChunk: 'choice',
    cost: true,
  },
  ollama: { ...local, reasoningField: 'reasoning', calls: 'whole' },
  vllm: { ...local, reasoningField: 'reasoning' },
  'llama-cpp': { ...local, reasoningField: 'reasoning_content', usage: 'finish' },
  'lm-studio': { ...local, reasoningField: 'reasoning_content', errorChunk: 'text' },
  /** Everything that a client must put up with at once. */
  broken: { ...local, reasoningField: 'reasoning_content', calls: 'no-index', usage: 'none', done: false, errorChunk: 'text' },
  'broken-index': { ...local, calls: 'same-index', usage: 'none' },
  'broken-arguments': { ...local, calls: 'object-arguments', usage: 'choice' },
};
