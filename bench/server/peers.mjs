// The packages of the servers that Widgent is measured beside.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const folder = import.meta.dirname;

/** Installs what bench/server/package-lock.json says, once. */
export function installPeers() {
  if (existsSync(path.join(folder, 'node_modules'))) return;
  console.log('Installing the peers; better-sqlite3 may be compiled, which takes minutes ...');
  // The headers of the running Node, where a system has them: else they would be downloaded.
  const prefix = path.join(path.dirname(process.execPath), '..');
  const env = existsSync(`${prefix}/include/node`) ? { ...process.env, npm_config_nodedir: prefix } : process.env;
  // Fastify's `cookie` asks for a newer Node than it needs.
  const args = ['ci', '--engine-strict=false', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit', env });
  if (status !== 0) throw new Error('npm ci failed in bench/server');
}
