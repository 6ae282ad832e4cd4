// Types of stack.mjs, for the browser tests.
import type { ChildProcess } from 'node:child_process';

export interface Product {
  rate_limits?: Record<string, number>;
  id: string;
  origins: string[];
  verification: { identity?: string; on_expiry?: string; merge?: string; leeway_s?: number };
  admin_keys?: { sha256: string }[];
  egress: { allow_hosts: string[] };
  tools: {
    name: string;
    url: string;
    answer: string;
    approval?: { by: 'user' | 'operator'; message: string; expires_s?: number };
    parameters: { required: string[]; properties: Record<string, object> };
  }[];
}
export interface Ports {
  widgent: number;
  express: number;
  fastapi: number;
}
export type Log = (name: string, line: string) => void;
export interface Running {
  child: ChildProcess;
  gone: Promise<unknown>;
  stop(signal?: NodeJS.Signals): Promise<unknown>;
}
type Secrets = Record<string, string>;

export function newSecrets(): Secrets;
export function isFree(port: number): Promise<boolean>;
export function findFreePort(): Promise<number>;
export function productConfig(name: string, ports: Ports, folder: string, change?: (product: Product) => void): string;
export function startProcess(options: {
  name: string;
  program: string;
  args: string[];
  env: Secrets;
  url: string;
  log: Log;
}): Promise<Running>;
export function startServer(options: {
  port: number;
  configs: string[];
  dataDir: string;
  secrets: Secrets;
  log: Log;
}): Promise<Running>;
export function startShop(
  name: string,
  options: { port: number; widgentPort: number; secrets: Secrets; log: Log },
): Promise<Running>;
export function startStack(options: {
  ports: Ports;
  folder: string;
  secrets: Secrets;
  log: Log;
  change?: (product: Product) => void;
}): Promise<{ server: Running; express: Running; fastapi: Running; configs: string[]; stop(): Promise<unknown> }>;
