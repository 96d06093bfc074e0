export { type Agent, type AgentOptions, createAgent, type ModelChoice } from './agent.ts';
export { AGENT_ERROR_CODES, AgentError, type AgentErrorCode, isAgentError } from './agent-error.ts';
export { type ChildEnvironmentOptions, createChildEnvironment } from './child-environment.ts';
export type { AgentEvent, CompactionEvent, CompactionTrigger, RunOutcome, RunResult } from './events.ts';
export type { UndoReport } from './file-changes.ts';
export { type AgentLimits, agentLimits } from './limits.ts';
export { type CompactionOptions, type ModelStream, type RequestSettings, runAgent, type RunOptions } from './loop.ts';
export { compileGlob, expandBraces } from './permissions/glob-pattern.ts';
export { parseRule, parseRules, splitRules, type PermissionRule, type RuleEffect } from './permissions/permission-rule.ts';
export { createPermissions, type PermissionDecision, type PermissionMode, type PermissionOptions, type Permissions } from './permissions/permissions.ts';
export { createProtectedPaths, credentialPaths, type ProtectedPathOptions, type ProtectedPaths } from './permissions/protected-paths.ts';
export { isInside, resolveLinks } from './permissions/resolve-links.ts';
export type { RunLimits } from './run-limits.ts';
export { compileJsonSchema, type JsonSchema } from './structured-output/json-schema.ts';
export { ANSWER_TOOL, type StructuredOutputOptions } from './structured-output/structured-output.ts';
export type { SessionFault } from './session/session-decoder.ts';
export type { SecretMask } from './session/session-file.ts';
export { recordRun, type RecordOptions, type SessionLog } from './session/session-recorder.ts';
export type { SessionHeader } from './session/session-record.ts';
export {
  createSessionStore, isSessionId, type NewSession, type OpenSession, type SessionPlace, type SessionStore, type SessionStoreOptions, type SessionSummary,
} from './session/session-store.ts';
export type { StoredSession } from './session/stored-session.ts';
export { type ProjectInstructions, readProjectInstructions } from './project-instructions.ts';
export { createSystemPrompt, type SystemPromptOptions } from './system-prompt.ts';
export type { Ask, PermissionAnswer, PermissionQuestion } from './tool-calls.ts';
export type { Access, Accesses, FileChange, Tool, ToolContext, ToolOutput, ToolRunContext } from './tool.ts';
