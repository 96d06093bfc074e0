/** From configuration to a session that can run a prompt: provider, tools, permissions, agent. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type AgentEvent, type CompactionOptions, createAgent, createSystemPrompt, type ProjectInstructions, readProjectInstructions, type Tool, type ToolContext } from '@sx/agent';
import type { UserPart } from '@sx/llm';
import { createShellJobs, createTools } from '@sx/tools';

import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import { readJsonSchema } from '../prompt/json-schema.ts';
import { directoryOf, type Settings } from '../settings.ts';
import { terminalLine } from '../terminal-text.ts';
import { childEnvironment } from './child-environment.ts';
import { connect } from './connect.ts';
import { credentialFiles } from './credential-files.ts';
import { checkEffort, effortOf } from './effort.ts';
import { type ExtensionFacts, planExtensions } from './extensions.ts';
import { composePermissions } from './permissions.ts';
import { costOf } from './prices.ts';
import { turnRestarts } from './retries.ts';
import { selectProvider } from './select-provider.ts';
import { type Conversation, openConversation, sessionPlan } from './session.ts';

export interface Session {
  readonly id: string;
  readonly providerId: string;
  readonly permissionMode: string;
  /** As they are now. */
  readonly extensions: ExtensionFacts;
  run(prompt: readonly UserPart[], signal: AbortSignal): AsyncIterable<AgentEvent>;
  readonly redact: (text: string) => string;
  close(): Promise<void>;
}

export async function compose(invocation: Invocation, args: Arguments, settings: Settings): Promise<Session> {
  const { config, workingDirectory } = settings;
  const plan = sessionPlan(args);
  const providerId = selectProvider(settings);
  const additionalDirectories = args.values('add-dir').map((path) => directoryOf(path, workingDirectory));
  const outputDirectory = outputDirectoryOf(settings);
  const schemaFile = args.value('json-schema');
  const schema = schemaFile === undefined ? undefined : readJsonSchema(schemaFile, workingDirectory);
  // The model is told where a long output is kept, so it may read there.
  const readable = [...additionalDirectories, outputDirectory];
  const credentials = credentialFiles(settings, providerId);
  const permissions = composePermissions(invocation, args, settings, { additionalDirectories: readable, credentialFiles: credentials });
  const wantsSandbox = config.on('TOOLS') && config.text('SANDBOX') !== 'off';
  const sandbox = wantsSandbox ? await (await import('./sandbox.ts')).composeSandbox(settings, credentials) : undefined;
  const jobs = createShellJobs();
  const extensionPlan = await planExtensions(invocation, args, settings);
  const connection = await connect(providerId, invocation, args, settings, extensionPlan.serverUrls);
  const { provider, redactor } = connection;
  const model = provider.resolveModel(config.text('MODEL') ?? 'sonnet');
  const costUsd = costOf(settings, providerId, model);
  const effort = effortOf(settings, connection.plan.effortKeys);
  const capabilities = provider.capabilities(model);
  checkEffort(args, model, effort, capabilities.efforts);
  // A number that somebody wrote says more than an effort; the built-in one less.
  const counts = effort === undefined || config.setting('THINKING_BUDGET')?.tier !== 'built-in';
  const thinkingBudgetTokens = connection.plan.takesThinkingBudget && counts ? config.integer('THINKING_BUDGET') : undefined;
  const context: Partial<ToolContext> = { additionalDirectories: readable, childEnvironment: childEnvironment(invocation, settings), redact: redactor.redactText };
  const origin = provider.originOf(model);
  const notice = (text: string): Promise<void> => invocation.stderr.write(`sx: ${terminalLine(text, 500)}\n`);
  const extensions = await extensionPlan.open({ redactor, transport: connection.direct, notice });
  const conversation = await openConversation(plan, { settings, redactor, notice });
  const system = await systemPrompt(args, settings, conversation, notice);
  const ownTools = config.on('TOOLS') ? createTools({ jobs, sandbox, webFetch: config.on('WEB_FETCH') ? { transport: connection.publicTransport } : undefined }) : [];
  await extensions.settled();
  const tools: Tool[] = [];
  const agent = createAgent({
    sessionId: conversation.id,
    messages: conversation.messages,
    stream: (request, options) => provider.stream(request, options),
    origin,
    tools,
    permissions,
    system,
    settings: { ...(effort === undefined ? {} : { effort }), ...(thinkingBudgetTokens === undefined ? {} : { thinkingBudgetTokens }) },
    limits: { maxTurns: config.integer('MAX_TURNS'), maxTokens: config.integer('MAX_TOKENS'), maxSeconds: config.integer('MAX_SECONDS'), maxBudgetUsd: config.decimal('MAX_BUDGET_USD') },
    costUsd,
    compaction: compactionOf(settings, capabilities.contextWindowTokens),
    restarts: turnRestarts(settings),
    structuredOutput: schema === undefined ? undefined : { schema, way: capabilities.structuredOutput },
    workingDirectory,
    outputDirectory,
    context,
  });
  return {
    id: conversation.id,
    providerId,
    permissionMode: permissions.mode,
    get extensions() {
      return extensions.facts;
    },
    run(prompt, signal) {
      tools.splice(0, tools.length, ...extensions.tools(ownTools));
      return conversation.record(agent.run(prompt, { signal }), prompt, { origin, system });
    },
    redact: redactor.redactText,
    async close() {
      await jobs.close();
      await extensions.close();
      await conversation.close();
      await connection.close();
    },
  };
}

/** Whole outputs of tools. Without a home they live as long as the machine's temporary files do. */
function outputDirectoryOf({ home }: Settings): string {
  return home.stateDirectory === undefined ? join(tmpdir(), `sx-tool-output-${randomUUID()}`) : join(home.stateDirectory, 'tool-output');
}

/** That of the conversation so far, to the byte, unless it names another directory or the user wants another one. */
async function systemPrompt(args: Arguments, settings: Settings, { frozen }: Conversation, notice: (text: string) => Promise<void>): Promise<string> {
  const { workingDirectory, projectRoot } = settings;
  const append = args.value('append-system-prompt');
  const own = args.value('system-prompt');
  if (frozen?.workingDirectory === workingDirectory && own === undefined && append === undefined) return frozen.system;
  if (own !== undefined && own.trim() !== '') return append === undefined ? own : `${own}\n\n${append}`;
  const instructions = projectInstructions(settings);
  for (const text of instructions?.notices ?? []) await notice(text);
  return createSystemPrompt({
    workingDirectory,
    platform: `${process.platform} ${process.arch}`,
    date: new Date().toISOString().slice(0, 10),
    isGitRepository: existsSync(join(projectRoot, '.git')),
    interactive: false,
    ...(instructions === undefined ? {} : { projectInstructions: instructions.text }),
    ...(append === undefined ? {} : { append }),
  });
}

function projectInstructions({ config, home, projectRoot, workingDirectory, bare }: Settings): ProjectInstructions | undefined {
  if (bare || !config.on('PROMPT_INCLUDE_CLAUDEMD')) return undefined;
  return readProjectInstructions({ userDirectory: home.stateDirectory, projectRoot, workingDirectory });
}

/** Below the model's limit there must be room for the answer. */
function compactionOf({ config }: Settings, contextTokens: number | undefined): CompactionOptions | 'never' {
  if (!config.on('CONTEXT_AUTO_COMPACT')) return 'never';
  const ceiling = contextTokens === undefined ? Infinity : Math.floor(contextTokens * 0.85);
  return { thresholdTokens: Math.min(config.integer('CONTEXT_CLEAR_THRESHOLD') ?? ceiling, ceiling), contextTokens };
}
