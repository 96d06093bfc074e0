/** One server, or one vendor of servers, that speaks Chat Completions: how it differs, and what is known of its models. */
import type { JsonObject, ModelCapabilities, ModelInfo } from '@sx/llm';
import type { ChatDialect } from '@sx/protocols/openai-chat';

export interface Vendor {
  /** As in `OPENAI_VENDOR`. */
  readonly id: string;
  /** Whose base URLs these are; `*.host` means its subdomains. */
  readonly hosts?: readonly string[];
  /** Ports that local servers of this kind listen on, whatever the host. */
  readonly ports?: readonly string[];
  /** Of a base URL that has no path. Default `/v1`. */
  readonly path?: string;
  /** Against what is assumed of a server that nobody knows. */
  readonly dialect: Partial<ChatDialect>;
  /** Of models that are not in the table. Default: no documents, everything else unknown. */
  readonly capabilities?: (model: string) => ModelCapabilities;
  /** For when its endpoint cannot be asked. */
  readonly models?: readonly ModelInfo[];
  /** `opus`, `sonnet`, `haiku` → its models. Default: it has none by these names. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Beside `/v1`: where it tells the windows of its models, which its list does not. */
  readonly windowsPath?: string;
  /** The last word on the body, where a record does not suffice. */
  readonly body?: (body: JsonObject) => JsonObject;
}
