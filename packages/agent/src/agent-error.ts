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
] as const;

export type AgentErrorCode = (typeof AGENT_ERROR_CODES)[number];

const MARK = Symbol.for('@sx/agent.AgentError');

export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;
  readonly [MARK] = true;

  constructor(code: AgentErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function isAgentError(value: unknown): value is AgentError {
  return typeof value === 'object' && value !== null && MARK in value;
}
