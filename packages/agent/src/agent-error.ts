/** What is wrong with how the agent was called or configured. What goes wrong while it runs is in its `run-end`. */
export const AGENT_ERROR_CODES = [
  /** A permission rule that cannot be read. */
  'AGENT_BAD_RULE',
  /** A limit that is not a positive number. */
  'AGENT_BAD_LIMIT',
  /** A budget in dollars was set, and nobody knows what the model costs. */
  'AGENT_PRICE_UNKNOWN',
  /** The model went on calling for another request without a tool, or cut its calls, too many times in a row. */
  'AGENT_NO_PROGRESS',
  /** A JSON Schema that is none, or uses what is not supported. */
  'AGENT_BAD_SCHEMA',
  /** The model's answer does not fit the schema, also not after it was told why. */
  'AGENT_STRUCTURED_OUTPUT',
  /** `run` was called while another run of the same agent was going on. */
  'AGENT_BUSY',
  /** A hook of the user refused the prompt. */
  'AGENT_HOOK_DENIED',
  'AGENT_SESSION_NOT_FOUND',
  /** Several sessions begin with what was given. */
  'AGENT_SESSION_AMBIGUOUS',
  /** Another process has it open. */
  'AGENT_SESSION_BUSY',
  /** An id was asked for that is taken. */
  'AGENT_SESSION_EXISTS',
  'AGENT_SESSION_UNREADABLE',
  'AGENT_SESSION_NOT_WRITABLE',
] as const;

export type AgentErrorCode = (typeof AGENT_ERROR_CODES)[number];

const MARK = Symbol.for('@sx/agent.AgentError');

export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;
  /** What the user can do about it, as lines. */
  readonly hint: string | undefined;
  readonly [MARK] = true;

  constructor(code: AgentErrorCode, message: string, details: { readonly hint?: string | undefined; readonly cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }
}

export function isAgentError(value: unknown): value is AgentError {
  return typeof value === 'object' && value !== null && MARK in value;
}
