// The published vector of a tool call's signature, by the public library and by the Python of the demo shop.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { Webhook } from 'standardwebhooks';
import { root } from '../../scripts/steps.mjs';

const secret = 'whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh';
const sentAt = 1767225600;
const headers = {
  'webhook-id': 'tcall_01JD0000000000000000000001',
  'webhook-timestamp': String(sentAt),
  'webhook-signature': 'v1,mBqP4In//RPQSX1CX2dBUB/Z1KJfbhyaomUe7MwktYc=',
};
const body = JSON.stringify({
  type: 'tool.call',
  id: headers['webhook-id'],
  timestamp: '2026-01-01T00:00:00Z',
  product_id: 'acme',
  tool: { name: 'get_order', call_id: 'call_1', arguments: { order_id: 'A-1001' } },
  user: { sub: 'u_42', email: 'ana@example.com', name: 'Ana', metadata: { plan: 'pro' }, verified: true },
  thread_id: 'th_1',
  run_id: 'run_1',
});

/** Whether demo/fastapi/webhook.py accepts it, asked at `now` (seconds). */
function verifyInPython(given, now) {
  const program = `
import json, sys
sys.path.insert(0, "${root}/demo/fastapi")
from webhook import verify_webhook
call = json.load(sys.stdin)
print(verify_webhook(call["secret"], call["headers"], call["body"].encode(), call["now"]))`;
  const input = JSON.stringify({ secret, headers, body, now, ...given });
  return execFileSync('/usr/bin/python3', ['-B', '-c', program], { input }).toString().trim() === 'True';
}

test('The public library signs the vector as the specification says', () => {
  const signature = new Webhook(secret).sign(headers['webhook-id'], new Date(sentAt * 1000), body);
  assert.equal(signature, headers['webhook-signature']);
});

test('The Python shop accepts the vector', () => assert.ok(verifyInPython({}, sentAt)));

test('The Python shop accepts one signature of several, while a secret is rotated', () => {
  const several = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` };
  assert.ok(verifyInPython({ headers: several }, sentAt));
});

test('The Python shop refuses another body, an old call, and a missing signature', () => {
  assert.ok(!verifyInPython({ body: body.replace('A-1001', 'A-1002') }, sentAt));
  assert.ok(!verifyInPython({}, sentAt + 301));
  assert.ok(!verifyInPython({ headers: { ...headers, 'webhook-signature': '' } }, sentAt));
});
