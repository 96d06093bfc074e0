/**
 * The one table of configuration keys. Each stands here once; `docs/configuration.md`, `sx config`, validation and
 * completion are made from it. Names and defaults of the original are kept. To add a key, add a row.
 *
 * Model aliases are no keys: that table is the providers'. Lower-case proxy variables are other names of one row.
 */
import { choice, decimal, fields, integer, type KeyRow, list, onOff, path, price, text, url } from './key.ts';

const EFFORTS = choice(['off', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'], { none: 'off', '0': 'off' });
const TOKEN_SOURCES = choice(['local', 'remote', 'ssh'], { http: 'remote' });
const PROVIDERS = choice([
  'codex', 'claude_code', 'anthropic', 'gemini', 'openai', 'router',
], { scorpiox: 'router' });
const VENDORS = choice([
  'openai', 'azure', 'ollama', 'vllm', 'llama-cpp', 'lm-studio', 'openrouter', 'deepseek', 'groq', 'xai', 'zai', 'mistral', 'moonshot', 'together', 'fireworks', 'other',
]);
const PORT = integer(1, 65_535);
const TIMEOUT_MS = integer(1, 86_400_000);
const COUNT = integer(1, 1_000_000_000);

const codex = { key: 'PROVIDER', values: ['codex'] };
const codexRemote = { key: 'CODEX_TOKEN_SOURCE', values: ['remote'] };
const codexSsh = { key: 'CODEX_TOKEN_SOURCE', values: ['ssh'] };
const claude = { key: 'PROVIDER', values: ['claude_code'] };
const claudeRemote = { key: 'CLAUDE_CODE_TOKEN_SOURCE', values: ['remote'] };
const claudeSsh = { key: 'CLAUDE_CODE_TOKEN_SOURCE', values: ['ssh'] };
const anthropic = { key: 'PROVIDER', values: ['anthropic'] };
const gemini = { key: 'PROVIDER', values: ['gemini'] };
const openai = { key: 'PROVIDER', values: ['openai'] };
const router = { key: 'PROVIDER', values: ['router'] };

export const KEYS = [
  { name: 'PROVIDER', topic: 'Provider', type: PROVIDERS, default: 'scorpiox', description: 'Who answers. `scorpiox` is another name of `router`.' },

  { name: 'MODEL', topic: 'Model', type: text, default: 'sonnet', trust: 'any', description: 'Model: a vendor\'s id, or an alias (`opus`, `sonnet`, `haiku`) that each provider resolves.' },
  { name: 'REASONING_EFFORT', topic: 'Model', type: EFFORTS, trust: 'any', description: 'How hard the model thinks. Unset: the provider\'s default; `none` and `0` are other names of `off`.' },
  { name: 'THINKING', topic: 'Model', type: onOff, default: '1', trust: 'any', description: 'Let the model think, where it can be kept from it.' },
  { name: 'THINKING_BUDGET', topic: 'Model', type: integer(1_000, 128_000), default: '10000', trust: 'any', description: 'Thinking tokens, for the models that take a number.' },
  { name: 'STREAMING', topic: 'Model', type: onOff, default: '1', trust: 'any', description: 'Show the answer as it comes. `0`: when it is whole.' },
  { name: 'TOOLS', topic: 'Model', type: onOff, default: '1', trust: 'any', narrows: 'off', description: '`0` offers the model no tool at all.' },

  { name: 'CODEX_TOKEN_SOURCE', topic: 'Codex', type: TOKEN_SOURCES, default: 'local', when: codex, description: 'Where the access token comes from: a file here, a token server, or a file on another host.' },
  { name: 'CODEX_ACCESS_TOKEN', topic: 'Codex', type: text, secret: true, when: codex, description: 'Access token; wins over every source.' },
  { name: 'CODEX_ACCOUNT_ID', topic: 'Codex', type: text, when: codex, description: 'ChatGPT account of `CODEX_ACCESS_TOKEN`, where the token itself does not say.' },
  { name: 'CODEX_CREDENTIALS_FILE', topic: 'Codex', type: path, when: codex, description: 'Credentials file. Unset: `credentials/codex.json` of the state directory, else the vendor\'s own `auth.json`.' },
  { name: 'CODEX_HOME', topic: 'Codex', type: path, when: codex, description: 'Directory of the vendor\'s `auth.json`. Unset: `~/.codex`.' },
  { name: 'CODEX_REMOTE_URL', topic: 'Codex', type: url, default: 'https://token.scorpiox.net/codex', when: codexRemote, description: 'Token server.' },
  { name: 'CODEX_SSH_HOST', topic: 'Codex', type: text, when: codexSsh, description: 'Host that keeps the credentials file.' },
  { name: 'CODEX_SSH_PORT', topic: 'Codex', type: PORT, default: '22', when: codexSsh, description: 'Its port.' },
  { name: 'CODEX_SSH_USER', topic: 'Codex', type: text, when: codexSsh, description: 'User there.' },
  { name: 'CODEX_SSH_PASS', topic: 'Codex', type: text, secret: true, when: codexSsh, description: 'Password there. Better: an agent or a key file.' },
  { name: 'CODEX_SSH_KEY_FILE', topic: 'Codex', type: path, when: codexSsh, description: 'Private key without passphrase. Unset: the agent at `SSH_AUTH_SOCK`.' },
  { name: 'CODEX_SSH_PATH', topic: 'Codex', type: text, when: codexSsh, description: 'Path of the file there. Unset: the vendor\'s own.' },
  { name: 'CODEX_SSH_FINGERPRINT', topic: 'Codex', type: text, when: codexSsh, description: '`SHA256:…` of the host key, where `known_hosts` does not have it.' },
  { name: 'CODEX_API_URL', topic: 'Codex', type: url, default: 'https://chatgpt.com/backend-api/codex', when: codex, description: 'Base URL.' },
  { name: 'CODEX_OAUTH_URL', topic: 'Codex', type: url, default: 'https://auth.openai.com', when: codex, description: 'Issuer of the tokens: sign-in and refresh.' },
  { name: 'CODEX_REASONING_EFFORT', topic: 'Codex', type: EFFORTS, trust: 'any', when: codex, description: 'Wins over `REASONING_EFFORT`.' },
  { name: 'CODEX_MODEL_OPUS', topic: 'Codex', type: text, trust: 'any', when: codex, description: 'Model that the alias `opus` stands for, instead of the built-in one.' },
  { name: 'CODEX_MODEL_SONNET', topic: 'Codex', type: text, trust: 'any', when: codex, description: 'The same for `sonnet`.' },
  { name: 'CODEX_MODEL_HAIKU', topic: 'Codex', type: text, trust: 'any', when: codex, description: 'The same for `haiku`.' },
  { name: 'CODEX_USER_AGENT', topic: 'Codex', type: text, when: codex, description: '`User-Agent` sent. Unset: `USER_AGENT`.' },
  { name: 'CODEX_ORIGINATOR', topic: 'Codex', type: text, default: 'sx', when: codex, description: '`originator` sent.' },
  { name: 'CODEX_CLIENT_VERSION', topic: 'Codex', type: text, when: codex, description: '`version` sent, and `client_version` of the models call. Unset: no `version`, and the protocol level that sx implements.' },
  { name: 'CODEX_CA_FILE', topic: 'Codex', type: path, when: codex, description: 'Extra certificate authorities for this provider\'s hosts alone.' },

  { name: 'CLAUDE_CODE_TOKEN_SOURCE', topic: 'Claude Code', type: TOKEN_SOURCES, default: 'local', when: claude, description: 'As `CODEX_TOKEN_SOURCE`.' },
  { name: 'CLAUDE_CODE_OAUTH_TOKEN', topic: 'Claude Code', type: text, secret: true, when: claude, description: 'Access token; wins over every source.' },
  { name: 'CLAUDE_CODE_CREDENTIALS_FILE', topic: 'Claude Code', type: path, when: claude, description: 'Credentials file. Unset: `credentials/claude_code.json` of the state directory, else `~/.claude/.credentials.json`.' },
  { name: 'CLAUDE_CODE_REMOTE_URL', topic: 'Claude Code', type: url, when: claudeRemote, description: 'Token server.' },
  { name: 'CLAUDE_CODE_SSH_HOST', topic: 'Claude Code', type: text, when: claudeSsh, description: 'Host that keeps the credentials file.' },
  { name: 'CLAUDE_CODE_SSH_PORT', topic: 'Claude Code', type: PORT, default: '22', when: claudeSsh, description: 'Its port.' },
  { name: 'CLAUDE_CODE_SSH_USER', topic: 'Claude Code', type: text, when: claudeSsh, description: 'User there.' },
  { name: 'CLAUDE_CODE_SSH_PASS', topic: 'Claude Code', type: text, secret: true, when: claudeSsh, description: 'Password there. Better: an agent or a key file.' },
  { name: 'CLAUDE_CODE_SSH_KEY_FILE', topic: 'Claude Code', type: path, when: claudeSsh, description: 'Private key without passphrase. Unset: the agent at `SSH_AUTH_SOCK`.' },
  { name: 'CLAUDE_CODE_SSH_PATH', topic: 'Claude Code', type: text, when: claudeSsh, description: 'Path of the file there. Unset: the vendor\'s own.' },
  { name: 'CLAUDE_CODE_SSH_FINGERPRINT', topic: 'Claude Code', type: text, when: claudeSsh, description: '`SHA256:…` of the host key, where `known_hosts` does not have it.' },
  { name: 'CLAUDE_CODE_OAUTH_URL', topic: 'Claude Code', type: url, default: 'https://platform.claude.com', when: claude, description: 'Issuer of the tokens: refresh.' },
  { name: 'CLAUDE_CODE_API_URL', topic: 'Claude Code', type: url, default: 'https://api.anthropic.com', when: claude, description: 'Base URL.' },
  { name: 'CLAUDE_CODE_MODEL_OPUS', topic: 'Claude Code', type: text, trust: 'any', when: claude, description: 'Model that the alias `opus` stands for, instead of the built-in one.' },
  { name: 'CLAUDE_CODE_MODEL_SONNET', topic: 'Claude Code', type: text, trust: 'any', when: claude, description: 'The same for `sonnet`.' },
  { name: 'CLAUDE_CODE_MODEL_HAIKU', topic: 'Claude Code', type: text, trust: 'any', when: claude, description: 'The same for `haiku`.' },
  { name: 'CLAUDE_CODE_CA_FILE', topic: 'Claude Code', type: path, when: claude, description: 'Extra certificate authorities for this provider\'s hosts alone.' },

  { name: 'ANTHROPIC_API_KEY', topic: 'Anthropic', type: text, secret: true, login: 'anthropic', when: anthropic, description: 'API key.' },
  { name: 'ANTHROPIC_AUTH_TOKEN', topic: 'Anthropic', type: text, secret: true, when: anthropic, description: 'Sent as a bearer instead of the key: for gateways that want one.' },
  { name: 'ANTHROPIC_API_URL', topic: 'Anthropic', type: url, default: 'https://api.anthropic.com', environmentNames: ['ANTHROPIC_BASE_URL'], when: anthropic, description: 'Base URL.' },
  { name: 'ANTHROPIC_MODEL_OPUS', topic: 'Anthropic', type: text, trust: 'any', when: anthropic, description: 'Model that the alias `opus` stands for, instead of the built-in one.' },
  { name: 'ANTHROPIC_MODEL_SONNET', topic: 'Anthropic', type: text, trust: 'any', when: anthropic, description: 'The same for `sonnet`.' },
  { name: 'ANTHROPIC_MODEL_HAIKU', topic: 'Anthropic', type: text, trust: 'any', when: anthropic, description: 'The same for `haiku`.' },
  { name: 'ANTHROPIC_EXTRA_HEADERS', topic: 'Anthropic', type: fields, secret: true, environmentNames: ['ANTHROPIC_CUSTOM_HEADERS'], when: anthropic, description: 'More fields of every request, such as `anthropic-beta`.' },
  { name: 'ANTHROPIC_CA_FILE', topic: 'Anthropic', type: path, when: anthropic, description: 'Extra certificate authorities for this provider\'s hosts alone.' },

  { name: 'GEMINI_API_KEY', topic: 'Gemini', type: text, secret: true, environmentNames: ['GOOGLE_API_KEY'], login: 'gemini', when: gemini, description: 'API key.' },
  { name: 'GEMINI_API_URL', topic: 'Gemini', type: url, default: 'https://generativelanguage.googleapis.com', when: gemini, description: 'Base URL.' },
  { name: 'GEMINI_MODEL_OPUS', topic: 'Gemini', type: text, trust: 'any', when: gemini, description: 'Model that the alias `opus` stands for, instead of the built-in one.' },
  { name: 'GEMINI_MODEL_SONNET', topic: 'Gemini', type: text, trust: 'any', when: gemini, description: 'The same for `sonnet`.' },
  { name: 'GEMINI_MODEL_HAIKU', topic: 'Gemini', type: text, trust: 'any', when: gemini, description: 'The same for `haiku`.' },
  { name: 'GEMINI_CACHE', topic: 'Gemini', type: choice(['implicit', 'explicit']), default: 'implicit', when: gemini, description: '`explicit`: keep long beginnings of conversations in caches of our own at the vendor, deleted at the end. The vendor bills their storage.' },
  { name: 'GEMINI_SAFETY', topic: 'Gemini', type: choice(['low', 'medium', 'high', 'none', 'off']), when: gemini, description: 'From which probability of harm on the vendor\'s filters block, in all categories; `none` and `off`: never. Unset: the vendor\'s default.' },
  { name: 'GEMINI_CA_FILE', topic: 'Gemini', type: path, when: gemini, description: 'Extra certificate authorities for this provider\'s hosts alone.' },

  { name: 'OPENAI_API_KEY', topic: 'OpenAI-compatible', type: text, secret: true, login: 'openai', when: openai, description: 'API key. May be unset for servers that take none.' },
  { name: 'OPENAI_BASE_URL', topic: 'OpenAI-compatible', type: url, default: 'https://api.openai.com/v1', when: openai, description: 'Base URL, with or without `/v1`.' },
  { name: 'OPENAI_API', topic: 'OpenAI-compatible', type: choice(['chat', 'responses']), default: 'chat', when: openai, description: 'Which of the two protocols the server speaks.' },
  { name: 'OPENAI_VENDOR', topic: 'OpenAI-compatible', type: VENDORS, when: openai, description: 'Whose server it is, where its base URL does not say. `other`: nothing is known of it.' },
  { name: 'OPENAI_MODEL_OPUS', topic: 'OpenAI-compatible', type: text, trust: 'any', when: openai, description: 'Model that the alias `opus` stands for, instead of the vendor\'s.' },
  { name: 'OPENAI_MODEL_SONNET', topic: 'OpenAI-compatible', type: text, trust: 'any', when: openai, description: 'The same for `sonnet`.' },
  { name: 'OPENAI_MODEL_HAIKU', topic: 'OpenAI-compatible', type: text, trust: 'any', when: openai, description: 'The same for `haiku`.' },
  { name: 'OPENAI_EXTRA_HEADERS', topic: 'OpenAI-compatible', type: fields, secret: true, when: openai, description: 'More fields of every request, such as `OpenAI-Organization`, `OpenAI-Project`, `HTTP-Referer`, `X-Title`, or what a gateway wants.' },
  { name: 'OPENAI_CA_FILE', topic: 'OpenAI-compatible', type: path, when: openai, description: 'Extra certificate authorities for this provider\'s hosts alone.' },

  { name: 'ROUTER_URL', topic: 'Router', type: url, when: router, description: 'Base URL. Required.' },
  { name: 'ROUTER_API_KEY', topic: 'Router', type: text, secret: true, login: 'router', when: router, description: 'Bearer key. Unset: none is sent.' },
  { name: 'ROUTER_PROTOCOL', topic: 'Router', type: choice(['chat', 'responses', 'messages']), default: 'chat', when: router, description: 'Which protocol the router speaks.' },
  { name: 'ROUTER_MODEL_OPUS', topic: 'Router', type: text, trust: 'any', when: router, description: 'Model that the alias `opus` stands for. Unset: it goes out as it is.' },
  { name: 'ROUTER_MODEL_SONNET', topic: 'Router', type: text, trust: 'any', when: router, description: 'The same for `sonnet`.' },
  { name: 'ROUTER_MODEL_HAIKU', topic: 'Router', type: text, trust: 'any', when: router, description: 'The same for `haiku`.' },
  { name: 'ROUTER_EXTRA_HEADERS', topic: 'Router', type: fields, secret: true, when: router, description: 'More fields of every request.' },
  { name: 'ROUTER_CA_FILE', topic: 'Router', type: path, when: router, description: 'Extra certificate authorities for this provider\'s hosts alone.' },

  { name: 'TOKEN_HTTP_API_KEY', topic: 'Network', type: text, secret: true, description: 'Bearer key for the token servers.' },
  { name: 'SSH_AUTH_SOCK', topic: 'Network', type: text, environmentOnly: true, description: 'Socket of the ssh-agent, for tokens over ssh where no key file is set.' },
  { name: 'USER_AGENT', topic: 'Network', type: text, description: '`User-Agent` sent. Unset: `sx/<version>`.' },
  { name: 'EGRESS_ALLOW', topic: 'Network', type: list, description: 'Hosts allowed beside those of the provider and its tokens: `host[:port]`, `*.host`; port 443 unless given.' },
  { name: 'ALLOW_PLAIN_HTTP', topic: 'Network', type: list, description: 'Hosts (`host[:port]`) that may be spoken to without TLS. Loop-back always may.' },
  { name: 'PROXY_URL', topic: 'Network', type: url, description: 'Proxy of providers: their base URL is rewritten to this one, path and fields pass through.' },
  { name: 'PROXY_MODE', topic: 'Network', type: choice(['soft', 'strict']), default: 'soft', description: '`soft`: straight to the provider if the proxy cannot be reached. `strict`: never.' },
  { name: 'HTTPS_PROXY', topic: 'Network', type: text, secret: 'in-url', environmentNames: ['https_proxy'], description: 'Tunnel for `https:` (CONNECT), `http:` or `https:` URL, with user and password if it wants them.' },
  { name: 'HTTP_PROXY', topic: 'Network', type: text, secret: 'in-url', environmentNames: ['http_proxy'], description: 'Proxy for `http:` targets.' },
  { name: 'ALL_PROXY', topic: 'Network', type: text, secret: 'in-url', environmentNames: ['all_proxy'], description: 'Used where the two above are unset.' },
  { name: 'NO_PROXY', topic: 'Network', type: text, environmentNames: ['no_proxy'], description: 'Hosts, domains and networks that are reached without proxy.' },
  { name: 'CA_FILE', topic: 'Network', type: path, description: 'Extra certificate authorities (PEM), beside Node\'s own.' },
  { name: 'SSL_CERT_FILE', topic: 'Network', type: path, description: 'The same, by its usual name.' },
  { name: 'SSL_CERT_DIR', topic: 'Network', type: path, description: 'Directory of such files.' },
  { name: 'NODE_EXTRA_CA_CERTS', topic: 'Network', type: path, description: 'The same, by Node\'s name.' },
  { name: 'CLIENT_CERT_FILE', topic: 'Network', type: path, description: 'Client certificate (PEM) for servers that ask for one.' },
  { name: 'CLIENT_KEY_FILE', topic: 'Network', type: path, description: 'Its private key.' },
  { name: 'CONNECT_TIMEOUT_MS', topic: 'Network', type: TIMEOUT_MS, default: '30000', trust: 'any', narrows: 'lower', description: 'Name resolution and TCP connection.' },
  { name: 'TLS_TIMEOUT_MS', topic: 'Network', type: TIMEOUT_MS, default: '15000', trust: 'any', narrows: 'lower', description: 'One TLS handshake.' },
  { name: 'HEAD_TIMEOUT_MS', topic: 'Network', type: TIMEOUT_MS, default: '600000', trust: 'any', narrows: 'lower', description: 'From the request to the end of the response head.' },
  { name: 'IDLE_TIMEOUT_MS', topic: 'Network', type: TIMEOUT_MS, default: '300000', trust: 'any', narrows: 'lower', description: 'Silence between two pieces of a response body.' },
  { name: 'WRITE_TIMEOUT_MS', topic: 'Network', type: TIMEOUT_MS, default: '60000', trust: 'any', narrows: 'lower', description: 'Silence while the peer does not take what we write.' },

  { name: 'MAX_TURNS', topic: 'Agent', type: COUNT, trust: 'any', narrows: 'lower', description: 'Turns of one run, after which it stops (exit code 53).' },
  { name: 'MAX_TOKENS', topic: 'Agent', type: COUNT, trust: 'any', narrows: 'lower', description: 'Tokens of one run, in and out (exit code 56).' },
  { name: 'MAX_SECONDS', topic: 'Agent', type: COUNT, trust: 'any', narrows: 'lower', description: 'Seconds of one run (exit code 57).' },
  { name: 'MAX_BUDGET_USD', topic: 'Agent', type: decimal(0.000001, 1_000_000), trust: 'any', narrows: 'lower', description: 'US dollars of one run, after which it stops (exit code 56). Needs a price: the vendor\'s own figure, `MODEL_PRICE`, or one that sx knows.' },
  { name: 'MODEL_PRICE', topic: 'Agent', type: price, description: 'What the model costs, in US dollars for a million tokens; a third and fourth figure are for tokens read from and written to a cache. Unset: the list price, where sx knows it.' },
  { name: 'PROMPT_INCLUDE_CLAUDEMD', topic: 'Agent', type: onOff, default: '1', trust: 'any', description: 'Read `AGENTS.md`, else `CLAUDE.md`, of the user, the project and the directories down to this one.' },
  { name: 'CONTEXT_AUTO_COMPACT', topic: 'Agent', type: onOff, default: '1', trust: 'any', description: 'Condense a conversation that becomes too long. `0`: then it is an error.' },
  { name: 'CONTEXT_CLEAR_THRESHOLD', topic: 'Agent', type: COUNT, default: '190000', trust: 'any', description: 'Tokens of the conversation from which it is condensed; never more than 85 % of what the model takes.' },
  { name: 'BYPASS_IN_SCRIPTS', topic: 'Agent', type: onOff, default: '0', description: '`1` in the user\'s own file lets permission mode `bypass` run also where a package manager started sx. It counts nowhere else.' },
  { name: 'AGENT_RETRY_MAX', topic: 'Agent', type: integer(0, 100), default: '4', trust: 'any', narrows: 'lower', description: 'How often a request that failed in passing is sent again, and (at most 3 times) a turn whose response broke off is started anew.' },
  { name: 'AGENT_RETRY_INITIAL_DELAY', topic: 'Agent', type: integer(1, 3_600_000), default: '500', trust: 'any', description: 'Milliseconds before the first repeat; they double from one to the next.' },
  { name: 'AGENT_RETRY_MAX_DELAY', topic: 'Agent', type: integer(1, 3_600_000), default: '60000', trust: 'any', narrows: 'lower', description: 'Milliseconds of the longest wait. A server that asks for more is not waited for.' },
  { name: 'WEB_FETCH', topic: 'Agent', type: onOff, default: '0', description: 'Offer the model a tool that reads pages of the web, at public addresses only. Each host needs a rule `network(host)`.' },
  { name: 'SANDBOX', topic: 'Agent', type: choice(['off', 'auto', 'bwrap']), default: 'off', description: 'Run shell commands in bubblewrap: no network, writes only below the working directory, credentials hidden. `auto`: where it works. `bwrap`: without it nothing runs (exit code 44).' },
  { name: 'SHELL_ENV_ALLOW', topic: 'Agent', type: list, description: 'Variables that child processes get although their names look like secrets.' },

  { name: 'MCP', topic: 'Extensions', type: onOff, default: '1', trust: 'any', narrows: 'off', description: '`0`: no MCP server is started and none of their tools offered.' },
  { name: 'MCP_CONFIG', topic: 'Extensions', type: path, description: 'File of MCP servers, `{"mcpServers": {…}}`. Its servers win over those of the same name in the keys below, `mcp_servers.json` of the state directory, and the project\'s `.mcp.json` (once that is trusted).' },
  { name: 'MCP_FILE', topic: 'Extensions', type: path, description: 'Another such file.' },
  { name: 'MCP_SERVER', topic: 'Extensions', type: text, description: 'MCP servers on one line: `name:command:arguments;…`, or `name:https://host/path`.' },
  { name: 'MCP_ALLOW', topic: 'Extensions', type: text, description: 'Tools that are offered: `server:glob,glob;…`. A server that is not named offers all.' },
  { name: 'MCP_DENY', topic: 'Extensions', type: text, description: 'Tools that are not, in the same form; wins over `MCP_ALLOW`.' },
  { name: 'MCP_WAIT_MS', topic: 'Extensions', type: integer(0, 60_000), default: '1500', trust: 'any', narrows: 'lower', description: 'How long the first turn waits for MCP servers whose tools were never listed before. What comes later is offered from the next prompt on.' },
  { name: 'ADDITIONAL_SKILLS', topic: 'Extensions', type: list, description: 'More directories of skills, beside `skills/` of the state directory and, once trusted, `.scorpiox/skills` and `.claude/skills` of the project.' },
  { name: 'HOOKS_ENABLED', topic: 'Extensions', type: onOff, default: '1', trust: 'any', narrows: 'off', description: '`0`: no hook is run.' },
  { name: 'HOOKS_TIMEOUT', topic: 'Extensions', type: integer(1, 3_600), default: '30', trust: 'any', narrows: 'lower', description: 'Seconds after which a hook is killed.' },

  { name: 'SCREEN_READER', topic: 'State', type: onOff, environmentOnly: true, description: '1: plain lines instead of the screen, as `--screen-reader`.' },
  { name: 'ACTIVE_PROFILE', topic: 'State', type: text, description: 'Profile laid over the files: `scorpiox-env/<name>.txt`.' },
  { name: 'SX_HOME', topic: 'State', type: text, environmentOnly: true, description: 'State directory. Unset: `~/.scorpiox`.' },
] as const satisfies readonly KeyRow[];

export type KeyName = (typeof KEYS)[number]['name'];

const BY_NAME: ReadonlyMap<string, KeyRow> = new Map(KEYS.map((row) => [row.name, row]));

export const KEY_NAMES: readonly KeyName[] = KEYS.map((row) => row.name);

export function isKeyName(name: string): name is KeyName {
  return BY_NAME.has(name);
}

export function keyRow(name: KeyName): KeyRow {
  const row = BY_NAME.get(name);
  if (row === undefined) throw new TypeError(`${name} is not in the key table`);
  return row;
}
