/** Every limit of the package, in one table. The unit is in the name. */
export interface AgentLimits {
  /** Model requests of one run, where the caller sets no `maxTurns`: a guard against a loop, not a budget. */
  readonly turnsMax: number;
  /** Times that one turn is started again after its response broke off. */
  readonly turnRestartsMax: number;
  readonly turnRestartDelayMs: number;
  readonly turnRestartDelayMaxMs: number;
  /** Requests in a row that the vendor asks for although no tool was called (`continueTurn`, `pause`). */
  readonly continuationsMax: number;
  /** Responses in a row that were cut in the middle of a tool call. */
  readonly cutCallsMax: number;
  /** Calls of one message that run; those beyond get a result that says so. */
  readonly callsPerMessageMax: number;
  /** Calls that run at the same time. */
  readonly parallelCallsMax: number;
  /** After an abort, how long a tool may take to hand back its result. */
  readonly toolAbortGraceMs: number;
  /** Progress text that waits to be read, per call, in characters. What goes beyond is dropped from the front. */
  readonly progressCharsMax: number;
  /** Text of one tool result, in characters: a guard for tools without a limit of their own. */
  readonly resultCharsMax: number;
  /** A shell line that is parsed for the rules; a longer one is understood by no rule. */
  readonly shellLineCharsMax: number;
  /** Nesting of substitutions, subshells and `sh -c` in a shell line. */
  readonly shellDepthMax: number;
  /** Paths in the words of one shell line that are compared with the rules. */
  readonly shellPathsMax: number;
  /** One line of a rules file, and the lines of one file. */
  readonly ruleCharsMax: number;
  readonly rulesMax: number;
  /** Alternatives that the braces of one pattern may give. */
  readonly braceAlternativesMax: number;
  /** Structured output: how deep a schema and an answer may be nested. */
  readonly schemaDepthMax: number;
  readonly jsonDepthMax: number;
  readonly schemaNodesMax: number;
  /** Faults that are named. */
  readonly schemaFaultsMax: number;
  /** Comparisons of a value with a schema, all alternatives together. */
  readonly schemaStepsMax: number;
  /** Of the automaton of one pattern, and what it may do over one text. */
  readonly patternStatesMax: number;
  readonly patternStepsMax: number;
  readonly answerCharsMax: number;
  /** Times that a model is asked again for an answer that does not fit. */
  readonly answerRepairsMax: number;
  /** One session file, and one line of it. */
  readonly sessionFileBytesMax: number;
  readonly sessionRecordBytesMax: number;
  /** Damaged lines that are named; the rest is counted. */
  readonly sessionFaultsMax: number;
  readonly sessionsListedMax: number;
  /** Beginning of a file that is read for a listing. */
  readonly sessionSummaryBytesMax: number;
  readonly sessionTitleCharsMax: number;
  /** Beginning of an id that may name a session. */
  readonly sessionPrefixCharsMin: number;
  readonly sessionLockAttemptsMax: number;
  /** AGENTS.md and the like, all files together. */
  readonly instructionsBytesMax: number;
  /** Skills: their number, one `SKILL.md`, a description in the index, the index as a whole. */
  readonly skillsMax: number;
  readonly skillFileBytesMax: number;
  readonly skillDescriptionCharsMax: number;
  readonly skillIndexBytesMax: number;
  /** Hooks: what one is told, how many run beside each other. */
  readonly hookInputBytesMax: number;
  readonly hooksRunningMax: number;
  /** Compaction: text of the conversation in one request, and the context that is assumed where none is known. */
  readonly compactionSliceCharsMax: number;
  readonly compactionContextTokens: number;
  /** Times that a slice is halved because it does not fit. */
  readonly compactionShrinksMax: number;
  readonly compactionSummaryCharsMax: number;
  /** Of one call and one result, as the summary sees them. */
  readonly compactionCallCharsMax: number;
  readonly compactionResultCharsMax: number;
  /** The user's prompts that are kept word for word, and the characters of each. */
  readonly compactionPromptsMax: number;
  readonly compactionPromptCharsMax: number;
  /** Files read, and files changed, that are named. */
  readonly compactionPathsMax: number;
  /** Messages that must have come since the last compaction: a guard against compacting for ever. */
  readonly compactionMessagesMin: number;
  /** What files were before they were changed: of one file, of all, and the runs that can be undone. */
  readonly undoFileBytesMax: number;
  readonly undoBytesMax: number;
  readonly undoRunsMax: number;
}

export const agentLimits: AgentLimits = {
  turnsMax: 1_000,
  turnRestartsMax: 3,
  turnRestartDelayMs: 1_000,
  turnRestartDelayMaxMs: 60_000,
  continuationsMax: 32,
  cutCallsMax: 3,
  callsPerMessageMax: 128,
  parallelCallsMax: 8,
  toolAbortGraceMs: 5_000,
  progressCharsMax: 64 * 1024,
  resultCharsMax: 400_000,
  shellLineCharsMax: 64 * 1024,
  shellDepthMax: 16,
  shellPathsMax: 2_000,
  ruleCharsMax: 4 * 1024,
  rulesMax: 10_000,
  braceAlternativesMax: 64,
  schemaDepthMax: 64,
  jsonDepthMax: 128,
  schemaNodesMax: 10_000,
  schemaFaultsMax: 20,
  schemaStepsMax: 1_000_000,
  patternStatesMax: 2_000,
  patternStepsMax: 10_000_000,
  answerCharsMax: 4 * 1024 * 1024,
  answerRepairsMax: 1,
  sessionFileBytesMax: 512 * 1024 * 1024,
  sessionRecordBytesMax: 64 * 1024 * 1024,
  sessionFaultsMax: 100,
  sessionsListedMax: 1_000,
  sessionSummaryBytesMax: 128 * 1024,
  sessionTitleCharsMax: 120,
  sessionPrefixCharsMin: 4,
  sessionLockAttemptsMax: 3,
  instructionsBytesMax: 32 * 1024,
  skillsMax: 200,
  skillFileBytesMax: 64 * 1024,
  skillDescriptionCharsMax: 250,
  skillIndexBytesMax: 4 * 1024,
  hookInputBytesMax: 8 * 1024 * 1024,
  hooksRunningMax: 16,
  compactionSliceCharsMax: 300_000,
  compactionContextTokens: 100_000,
  compactionShrinksMax: 4,
  compactionSummaryCharsMax: 24_000,
  compactionCallCharsMax: 2_000,
  compactionResultCharsMax: 4_000,
  compactionPromptsMax: 6,
  compactionPromptCharsMax: 6_000,
  compactionPathsMax: 100,
  compactionMessagesMin: 4,
  undoFileBytesMax: 8 * 1024 * 1024,
  undoBytesMax: 64 * 1024 * 1024,
  undoRunsMax: 50,
};
