/** From configuration to a session that can run a prompt: provider, tools, permissions, agent. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Agent, type AgentEvent, type AgentOptions, type Ask, createAgent, createFileChanges, createSystemPrompt, type FileChanges, type Permissions, type ProjectInstructions, readProjectInstructions, type Tool, type ToolContext } from '@sx/agent';
import type { UserMessage, UserPart } from '@sx/llm';
import { createShellJobs, createTools } from '@sx/tools';

import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import { directoryOf, type Settings } from '../settings.ts';
import { terminalLine } from '../terminal-text.ts';
import { childEnvironment } from './child-environment.ts';
import { type Connection, connect } from './connect.ts';
import { credentialFiles, everyCredentialFile } from './credential-files.ts';
import { type ExtensionFacts, planExtensions } from './extensions.ts';
import { type ComposedModel, composeModel } from './model.ts';
import { composePermissions } from './permissions.ts';
import { turnRestarts } from './retries.ts';
import { selectProvider } from './select-provider.ts';
import { type Conversation, openConversation, sessionPlan } from './session.ts';

export interface Session {
  readonly id: string;
  readonly providerId: string;
  readonly permissionMode: string;
  /** As they are now. */
  readonly extensions: ExtensionFacts;
  readonly permissions: Permissions;
  readonly model: ComposedModel;
  readonly connection: Pick<Connection, 'provider' | 'id'>;
  readonly agent: Pick<Agent, 'messages' | 'undo' | 'changedFiles' | 'callTool'>;
  readonly fileChanges: FileChanges;
  run(prompt: readonly UserPart[], signal: AbortSignal): AsyncIterable<AgentEvent>;
  /** Replaces the conversation by a summary, now. */
  compact(focus: string | undefined, signal: AbortSignal): AsyncIterable<AgentEvent>;
  /** Another model, effort, provider or trace from the next run on, by other flags and what they make of the configuration. */
  use(args: Arguments, settings: Settings): Promise<void>;
  readonly redact: (text: string) => string;
  close(): Promise<void>;
}

/** Somebody who sits before a screen. */
export interface Person {
  readonly ask: Ask;
  /** What was said since, for the run that goes on. */
  readonly takeSteering: () => readonly UserMessage[];
}

/** What a copy of a session goes on with, beside the conversation. */
export interface CopyParts {
  /** As `SessionPlan` has it. */
  readonly beforePrompt?: number | undefined;
  /** Of the session that is copied, so that they can still be taken back. */
  readonly fileChanges?: FileChanges | undefined;
}

export async function compose(invocation: Invocation, args: Arguments, settings: Settings, person?: Person, copy: CopyParts = {}): Promise<Session> {
  const { config, workingDirectory } = settings;
  const plan = { ...sessionPlan(args), beforePrompt: copy.beforePrompt };
  const providerId = selectProvider(settings);
  const additionalDirectories = args.values('add-dir').map((path) => directoryOf(path, workingDirectory));
  const outputDirectory = outputDirectoryOf(settings);
  const schemaFile = args.value('json-schema');
  const schema = schemaFile === undefined ? undefined : (await import('../prompt/json-schema.ts')).readJsonSchema(schemaFile, workingDirectory);
  const extensionPlan = await planExtensions(invocation, args, settings);
  // The model is told where a long output is kept, so it may read there.
  const readable = [...additionalDirectories, outputDirectory, ...extensionPlan.readable];
  const credentials = credentialFiles(settings, providerId);
  const permissions = composePermissions(invocation, args, settings, { additionalDirectories: readable, credentialFiles: everyCredentialFile(settings) });
  const wantsSandbox = config.on('TOOLS') && config.text('SANDBOX') !== 'off';
  const sandbox = wantsSandbox ? await (await import('./sandbox.ts')).composeSandbox(settings, credentials) : undefined;
  const jobs = createShellJobs();
  let connection = await connect(providerId, invocation, args, settings, { serverUrls: extensionPlan.serverUrls });
  // What reaches out beside the model stays on the first one, whoever answers later: all are closed at the end.
  const connections = [connection];
  const { redactor } = connection;
  let model = composeModel(connection, args, settings);
  const context: Partial<ToolContext> = { additionalDirectories: readable, childEnvironment: childEnvironment(invocation, settings), redact: redactor.redactText };
  const notice = (text: string): Promise<void> => invocation.stderr.write(`sx: ${terminalLine(text, 500)}\n`);
  const conversation = await openConversation(plan, { settings, redactor, notice });
  const extensions = await extensionPlan.open({ sessionId: conversation.id, redactor, transport: connection.direct, notice });
  const system = await systemPrompt(args, settings, conversation, { notice, interactive: person !== undefined, skills: extensionPlan.skillIndex });
  await extensions.settled();
  const tools: Tool[] = [];
  const fileChanges = copy.fileChanges ?? createFileChanges();
  const followExtensions = (): void => void tools.splice(0, tools.length, ...extensions.tools(ownTools));
  const shared: Omit<AgentOptions, 'tools' | keyof ComposedModel['choice']> = {
    permissions,
    ask: person?.ask,
    system,
    restarts: turnRestarts(settings),
    workingDirectory,
    outputDirectory,
    context,
  };
  const agent = createAgent({
    ...shared,
    ...model.choice,
    fileChanges,
    takeSteering: person?.takeSteering,
    sessionId: conversation.id,
    messages: conversation.messages,
    tools,
    limits: { maxTurns: config.integer('MAX_TURNS'), maxTokens: config.integer('MAX_TOKENS'), maxSeconds: config.integer('MAX_SECONDS'), maxBudgetUsd: config.decimal('MAX_BUDGET_USD') },
    structuredOutput: schema === undefined ? undefined : { schema, way: model.capabilities.structuredOutput },
  });
  const ownTools = !config.on('TOOLS') ? [] : createTools({
    jobs,
    sandbox,
    webFetch: config.on('WEB_FETCH') ? { transport: connection.publicTransport } : undefined,
    // One level deep: a second agent gives no work to a third. What it changes is taken back with the run.
    task: (prompt, { signal, limits }) => createAgent({ ...shared, ...model.choice, limits, fileChanges: { ...fileChanges, startRun: () => undefined }, tools: tools.filter(({ definition }) => definition.name !== 'task') }).run(prompt, { signal }),
  });
  const record = (events: AsyncIterable<AgentEvent>, prompt: readonly UserPart[]): AsyncIterable<AgentEvent> => conversation.record(events, prompt, { origin: model.choice.origin, system });
  return {
    id: conversation.id,
    get providerId() {
      return connection.id;
    },
    get permissionMode() {
      return permissions.mode;
    },
    get extensions() {
      return extensions.facts;
    },
    permissions,
    fileChanges,
    get model() {
      return model;
    },
    get connection() {
      return connection;
    },
    agent: {
      ...agent,
      callTool(name, input, options) {
        followExtensions();
        return agent.callTool(name, input, options);
      },
    },
    run(prompt, signal) {
      followExtensions();
      return extensions.around(prompt, record(agent.run(prompt, { signal }), prompt));
    },
    // Before the first run there is nothing to replace, and the instructions are not on file yet.
    compact: (focus, signal) => (agent.messages.length === 0 ? agent.compact() : extensions.observe(record(agent.compact({ focus, signal }), []))),
    async use(nextArgs, nextSettings) {
      const id = selectProvider(nextSettings);
      const keeps = id === connection.id && nextArgs.value('trace') === args.value('trace');
      const next = keeps ? connection : await connect(id, invocation, nextArgs, nextSettings, { redactor });
      if (!keeps) connections.push(next);
      model = composeModel(next, nextArgs, nextSettings);
      agent.use(model.choice);
      connection = next;
      args = nextArgs;
    },
    redact: redactor.redactText,
    async close() {
      await jobs.close();
      await extensions.close();
      await conversation.close();
      for (const each of connections) await each.close();
    },
  };
}

/** Whole outputs of tools. Without a home they live as long as the machine's temporary files do. */
function outputDirectoryOf({ home }: Settings): string {
  return home.stateDirectory === undefined ? join(tmpdir(), `sx-tool-output-${randomUUID()}`) : join(home.stateDirectory, 'tool-output');
}

/** That of the conversation so far, to the byte, unless it names another directory or the user wants another one. */
async function systemPrompt(args: Arguments, settings: Settings, { frozen }: Conversation, { notice, interactive, skills }: { readonly notice: (text: string) => Promise<void>; readonly interactive: boolean; readonly skills: string }): Promise<string> {
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
    interactive,
    ...(instructions === undefined ? {} : { projectInstructions: instructions.text }),
    skills,
    ...(append === undefined ? {} : { append }),
  });
}

function projectInstructions({ config, home, projectRoot, workingDirectory, bare }: Settings): ProjectInstructions | undefined {
  if (bare || !config.on('PROMPT_INCLUDE_CLAUDEMD')) return undefined;
  return readProjectInstructions({ userDirectory: home.stateDirectory, projectRoot, workingDirectory });
}
