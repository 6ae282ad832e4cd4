// What the admin API answers, as far as the dashboard reads it.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One rule on a claim: what is not said is not asked. */
export interface ClaimRule {
  path: string;
  exists?: boolean | null;
  equals?: Json;
  in?: Json[] | null;
  gte?: number | null;
  lte?: number | null;
}

/** What a tool asks of its visitor; all must hold. */
export interface Requirement {
  identified?: boolean;
  scopes?: string[];
  roles?: string[];
  claims?: ClaimRule[];
  max_token_age_s?: number | null;
}

export interface Tool {
  name: string;
  description: string;
  kind: string;
  effect: string;
  idempotent: boolean;
  host: string;
  timeout_ms: number;
  retries: number;
  parameters: Json;
  requires: Requirement | null;
  bind: Record<string, string>;
  approval: null | { by: 'user' | 'operator'; message: string; expires_s: number };
  examples: string[];
  per_user_per_min: number | null;
}

export interface Secret {
  kid: string;
  state: 'live' | 'ended' | 'leaked';
  created_at: string | null;
  not_after: string | null;
  used_at: string | null;
  leaked_at: string | null;
  leaked_origin: string;
}

export interface Product {
  id: string;
  name: string;
  accent: string;
  origins: string[];
  service_keys: string[];
  identity: { required: boolean; on_expiry: string; merge: string; max_lifetime_s: number; leeway_s: number };
  secrets: Secret[];
  admin_keys: string[];
  agent: { kind: string; name: string; model: string; base_url: string };
  knowledge: { passages: number } | null;
  greeting: { verified: string; anonymous: string };
  suggestions: { verified: string[]; anonymous: string[] };
  handoff: { url: string; label: string } | null;
  rate_limits: Record<string, number | null>;
  tools: Tool[];
  warnings: string[];
  audit: Head;
}

/** The end of the audit log's chain. */
export interface Head {
  count: number;
  hash: string;
}

export interface Approval {
  id: string;
  sub: string;
  tool: string;
  message: string;
  arguments: Json;
  expires_at: string;
}

export interface DryRun {
  visitor: string | null;
  offered: boolean;
  withheld: string | null;
  question: null | { by: string; message: string };
  request: null | { method: string; url: string; headers: [string, string][]; body: string };
  outcome: null | { code: string; title: string; detail: string };
}

export interface Unanswered {
  question: string;
  times: number;
  first_at: string;
  last_at: string;
}

export interface Feedback {
  thread: string;
  reply: string;
  text: string;
  rating: 'up' | 'down';
  comment: string | null;
  at: string;
  user: string | null;
}

export interface UserRecord {
  sub: string;
  revoked_at: string | null;
  threads: { id: string; title: string; created_at: string; active_at: string }[];
}
