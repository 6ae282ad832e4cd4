import type { Product } from '../../scripts/stack.mjs';

export interface HandoffEvent {
  type: 'handoff.requested' | 'handoff.message';
  thread_id: string;
  user: Record<string, unknown>;
  transcript: { role: string; text: string }[];
  message: { text: string };
}

export declare class HelpDesk {
  events: HandoffEvent[];
  refusals: string[];
  isOpen: boolean;
  secret: string;
  adminKey: string;
  listen(): Promise<this>;
  stop(): void;
  describe(product: Product): void;
  act(base: string, path: string, body?: object, headers?: Record<string, string>): Promise<Response>;
}
