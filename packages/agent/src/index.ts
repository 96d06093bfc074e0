export type { AgentEvent, RunOutcome, RunResult } from './events.ts';
export type { Access, Accesses, FileChange, Tool, ToolContext, ToolOutput, ToolRunContext } from './tool.ts';
