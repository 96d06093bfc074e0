/**
 * What a tool is. A failure is a result that the model reads, never a throw: a throw out of `run` is a defect of the
 * tool, and the loop turns it into an error result without its stack.
 */
import type { JsonObject, ToolDefinition, Usage, UserPart } from '@sx/llm';

import type { RunLimits } from './run-limits.ts';

export interface Tool {
  readonly definition: ToolDefinition;
  /** May run beside other calls of the same message. True only for tools without side effects. */
  readonly parallel: boolean;
  /**
   * What the call would touch, for the permission rules, before anything happens. Reads `input` defensively: the model
   * wrote it. An input that makes no sense gives an `invalid` reading, whose message the model reads.
   */
  accesses(input: JsonObject, context: ToolContext): Promise<Accesses> | Accesses;
  run(input: JsonObject, context: ToolRunContext): Promise<ToolOutput>;
  /** What the call would change, as a unified diff, for the person who is asked. Undefined: nothing, or it cannot be told. */
  preview?(input: JsonObject, context: ToolContext): Promise<string | undefined>;
}

export type Accesses =
  | { readonly kind: 'accesses'; readonly list: readonly Access[]; /** One line for a person: `edit src/a.ts`. */ readonly title: string }
  | { readonly kind: 'invalid'; readonly message: string };

/** One thing that a call wants to do. Every access of a call must be allowed, or the call does not run. */
export type Access =
  /** Paths are absolute, with links resolved as far as the path exists. */
  | { readonly action: 'read' | 'edit'; readonly path: string }
  | { readonly action: 'shell'; readonly command: string; readonly cwd: string }
  | { readonly action: 'network'; readonly host: string }
  | { readonly action: 'tool'; readonly name: string };

/** The part of the world a tool may see. Shared by all calls of a session. */
export interface ToolContext {
  /** Absolute, links resolved. */
  readonly workingDirectory: string;
  /** Other directories that reading tools may enter (`--add-dir`). */
  readonly additionalDirectories: readonly string[];
  /** Environment for child processes, secrets already removed. */
  readonly childEnvironment: Readonly<Record<string, string>>;
  /** Where whole outputs are kept when the model sees only a part. Created when first needed, 0700. */
  readonly outputDirectory: string;
  /** What has been read in this session, so that edits can tell a file that changed since: path → fingerprint. */
  readonly readFiles: Map<string, string>;
  /** Masks secrets in text before the model or the log sees it. */
  readonly redact: (text: string) => string;
}

export interface ToolRunContext extends ToolContext {
  readonly signal: AbortSignal;
  readonly callId: string;
  /** Output as it appears, for people; the model sees only the result. */
  readonly onProgress: (text: string) => void;
  /** What was allowed for this call. A tool touches no other path, even if the input now leads elsewhere. Absent: not checked. */
  readonly approved?: readonly Access[];
  /** For tools that walk a tree: false for what the permission rules hide. Absent: nothing is hidden. */
  readonly mayRead?: (path: string) => boolean;
  /** For tools that are sent on to another host: true where the rules allow that without asking. Absent: they do not. */
  readonly mayReach?: (host: string) => boolean;
  /** What the run may still spend, for tools that ask a model themselves. */
  readonly remaining?: Pick<RunLimits, 'maxTokens' | 'maxBudgetUsd'>;
}

export interface ToolOutput {
  readonly isError: boolean;
  /** What the model reads. Never empty. */
  readonly content: readonly UserPart[];
  /** One line for people: `3 files`, `exit 1 after 2.1 s`. */
  readonly summary?: string;
  /** Files this call changed, absolute, for `/diff`, `/undo` and the result's report. */
  readonly changedFiles?: readonly FileChange[];
  /** What the call itself has asked of a model; counted in the run's usage and limits. */
  readonly usage?: Usage;
}

export interface FileChange {
  readonly path: string;
  readonly kind: 'add' | 'update' | 'delete';
}
