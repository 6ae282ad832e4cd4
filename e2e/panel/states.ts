// What the panel may have to show, each as the effects that lead there.
import type { ViewEffect } from '../../web/seam.ts';

const guest: ViewEffect[] = [
  { type: 'show_identity', state: 'guest' },
  {
    type: 'show_greeting',
    text: 'Hi! Ask me anything about Acme.',
    agent: 'Acme Shop',
    accent: '#0b7a5e',
    suggestions: ['How long does delivery take?', 'Can I return something?', 'Which payment methods are there?'],
    handoff_url: 'https://shop.example/contact',
    handoff_label: 'Talk to our team',
  },
];
export const ada: ViewEffect[] = [
  {
    type: 'show_identity',
    state: 'user',
    sub: 'ada',
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    expires_in: 3540,
  },
  {
    type: 'show_greeting',
    text: 'Hi Ada Lovelace, how can I help?',
    agent: 'Acme Shop',
    accent: '#0b7a5e',
    suggestions: ['Where is my order?', 'Refund an order', 'How do returns work?'],
    handoff_url: 'https://shop.example/contact',
    handoff_label: 'Talk to our team',
  },
];
const asked: ViewEffect[] = [
  { type: 'show_message', id: 'u1', role: 'user', text: 'Where is my order A-1001?', status: 'sent' },
  { type: 'show_busy', busy: true },
];
const looking: ViewEffect[] = [{ type: 'show_tool', id: 'c1', name: 'get_order', status: 'running' }];
const streaming: ViewEffect[] = [
  { type: 'show_tool', id: 'c1', name: '', status: 'done' },
  { type: 'show_message', id: 'a1', role: 'assistant', text: '', status: 'streaming' },
  { type: 'append_text', id: 'a1', text: 'Good news, Ada: order A-1001 left our warehouse on Monday and is on ' },
];
const answered: ViewEffect[] = [
  { type: 'append_text', id: 'a1', text: 'its way to you. It should arrive by Thursday.' },
  { type: 'update_message', id: 'a1', status: 'done' },
  { type: 'show_busy', busy: false },
];
const cited: ViewEffect[] = [
  { type: 'show_message', id: 'u2', role: 'user', text: 'And if I want to send it back?', status: 'sent' },
  { type: 'show_message', id: 'a2', role: 'assistant', text: '', status: 'streaming' },
  {
    type: 'append_text',
    id: 'a2',
    text:
      'You can return anything unused within 30 days [1]. Print the label from your account, and bring the parcel ' +
      'to any post office.\n\nThe refund reaches you within five working days [2].',
  },
  {
    type: 'update_message',
    id: 'a2',
    status: 'done',
    citations: [
      { n: 1, title: 'Returns and exchanges', url: 'https://shop.example/help/returns#how' },
      { n: 2, title: 'When you get your money back', url: 'https://shop.example/help/refunds' },
    ],
  },
];

const hour = 3_600_000;
const markdown = `Two ways to send something **back**, both *free* within 30 days:

1. **By post**: print the label from [your account](https://shop.example/account)
   - drop it at any post office
   - keep the receipt
2. **In a shop**: bring the parcel and \`order_id\`

### What you get back

| Reason | You get | Days |
|---|---|---|
| Unused | the full price | 5 |
| Damaged | the full price and the postage | 2 |

> Shoes have to be in their box.

\`\`\`bash
curl https://api.shop.example/v1/returns -H "Authorization: Bearer $TOKEN" -d order_id=A-1001
\`\`\`

It costs $5 to $10 otherwise; see https://shop.example/help/returns.`;

export const states: Record<string, ViewEffect[]> = {
  starting: [],
  'greeting a guest': guest,
  'greeting a user': ada,
  'confirming a sign-in': [...guest, { type: 'show_identity', state: 'identifying' }],
  'waiting for the reply': [...ada, ...asked],
  'running a tool': [...ada, ...asked, ...looking],
  'streaming a reply': [...ada, ...asked, ...looking, ...streaming],
  answered: [...ada, ...asked, ...looking, ...streaming, ...answered],
  'with citations': [...ada, ...asked, ...looking, ...streaming, ...answered, ...cited],
  'with errors': [
    ...ada,
    { type: 'show_message', id: 'u1', role: 'user', text: 'Where is my order A-1001?', status: 'sent' },
    { type: 'show_tool', id: 'c1', name: 'get_order', status: 'failed' },
    { type: 'show_message', id: 'a1', role: 'assistant', text: 'One moment, I am', status: 'streaming' },
    { type: 'update_message', id: 'a1', status: 'interrupted' },
    { type: 'update_message', id: 'u1', status: 'failed', code: 'agent_truncated' },
    { type: 'show_message', id: 'u2', role: 'user', text: 'Are you still there?', status: 'sending' },
    { type: 'update_message', id: 'u2', status: 'failed', code: 'agent_unavailable' },
  ],
  offline: [
    ...ada,
    ...asked,
    ...looking,
    ...streaming,
    ...answered,
    { type: 'show_connection', state: 'offline' },
    { type: 'show_message', id: 'u2', role: 'user', text: 'Can I still change the address?', status: 'queued' },
  ],
  reconnecting: [...ada, ...asked, ...looking, ...streaming, { type: 'show_connection', state: 'reconnecting' }],
  'sign-in ended': [
    ...ada,
    ...asked,
    { type: 'clear_messages' },
    { type: 'show_greeting', text: '', agent: '', suggestions: [] },
    { type: 'show_busy', busy: false },
    ...guest,
    { type: 'show_notice', code: 'identity_expired' },
  ],
  'handing off': [
    ...guest,
    { type: 'show_message', id: 'u1', role: 'user', text: 'My parcel arrived damaged, what now?', status: 'sent' },
    {
      type: 'show_message',
      id: 'a1',
      role: 'assistant',
      text: 'I am sorry about that. I do not know enough to help here, but our team does.',
      status: 'done',
    },
    { type: 'show_handoff', url: 'https://shop.example/contact', label: 'Talk to our team' },
    { type: 'show_suggestions', items: ['How do returns work?', 'What does shipping cost?'] },
  ],
  locked: [
    ...guest,
    { type: 'show_identity', state: 'guest', reason: 'token_expired', locked: true },
    { type: 'show_notice', code: 'identity_locked' },
  ],
  'offering the guest conversation': [...ada, { type: 'show_merge_offer', visible: true }],
  'asking for approval': [
    ...ada,
    { type: 'show_message', id: 'u1', role: 'user', text: 'Please refund A-1001, it came damaged', status: 'sent' },
    {
      type: 'show_approval',
      id: 'i1',
      status: 'pending',
      tool: 'refund_order',
      message: 'Ask for a refund of order A-1001 (damaged)?',
    },
  ],
  approved: [
    ...ada,
    { type: 'show_message', id: 'u1', role: 'user', text: 'Please refund A-1001, it came damaged', status: 'sent' },
    {
      type: 'show_approval',
      id: 'i1',
      status: 'pending',
      tool: 'refund_order',
      message: 'Ask for a refund of A-1001?',
    },
    { type: 'show_approval', id: 'i1', status: 'approved' },
    { type: 'show_message', id: 'a1', role: 'assistant', text: 'I have asked for a refund.', status: 'done' },
    { type: 'show_message', id: 'u2', role: 'user', text: 'And A-1002 too', status: 'sent' },
    {
      type: 'show_approval',
      id: 'i2',
      status: 'pending',
      tool: 'refund_order',
      message: 'Ask for a refund of A-1002?',
    },
    { type: 'show_approval', id: 'i2', status: 'rejected' },
  ],
  'with a person': [
    ...ada,
    { type: 'show_message', id: 'u1', role: 'user', text: 'I want to talk to a person', status: 'sent' },
    {
      type: 'show_message',
      id: 'op1',
      role: 'assistant',
      name: 'Maria Keller',
      text: 'Hello Ada, I am looking into it.',
      status: 'done',
    },
    { type: 'show_message', id: 'u2', role: 'user', text: 'Please refund A-1001', status: 'sent' },
    { type: 'show_approval', id: 'i1', status: 'waiting', tool: 'refund_order', message: 'Refund order A-1001?' },
  ],
  'with markdown': [
    ...ada,
    { type: 'show_message', id: 'u1', role: 'user', text: 'How do I *return* something?', status: 'sent' },
    { type: 'show_message', id: 'a1', role: 'assistant', text: markdown, status: 'done' },
  ],
  'with several steps': [
    ...ada,
    ...asked,
    ...looking,
    { type: 'show_tool', id: 'c2', name: 'check_stock', status: 'running' },
    { type: 'show_tool', id: 'c1', name: '', status: 'done' },
    { type: 'show_tool', id: 'c3', name: 'search_help', status: 'running' },
    { type: 'show_tool', id: 'c2', name: '', status: 'done' },
    { type: 'show_tool', id: 'c3', name: '', status: 'done' },
    { type: 'show_message', id: 'a1', role: 'assistant', text: 'Both are on their way.', status: 'done' },
    { type: 'show_message', id: 'u2', role: 'user', text: 'And refund the first one', status: 'sent' },
    { type: 'show_tool', id: 'c4', name: 'get_order', status: 'done' },
    { type: 'show_tool', id: 'c5', name: 'refund_order', status: 'denied' },
    { type: 'show_message', id: 'a2', role: 'assistant', text: 'That needs your sign-in first.', status: 'done' },
    { type: 'show_busy', busy: false },
  ],
  'with its history': [
    ...ada,
    { type: 'show_message', id: 'u7', role: 'user', text: 'Hello', status: 'sent', at: Date.UTC(2026, 2, 3, 12) },
    {
      type: 'show_message',
      id: 'a7',
      role: 'assistant',
      text: 'Hello Ada!',
      status: 'done',
      at: Date.UTC(2026, 2, 3, 12, 1),
      rating: 'up',
    },
    {
      type: 'show_message',
      id: 'u8',
      role: 'user',
      text: 'Are you there?',
      status: 'sent',
      at: Date.now() - 24 * hour,
    },
    {
      type: 'show_message',
      id: 'a8',
      role: 'assistant',
      text: 'Always [1].',
      status: 'done',
      at: Date.now() - 24 * hour,
      citations: [{ n: 1, title: 'Opening hours', url: 'https://shop.example/help/hours' }],
    },
    ...asked,
    ...looking,
    ...streaming,
    ...answered,
  ],
  'waiting for its turn': [
    ...ada,
    ...asked,
    { type: 'update_message', id: 'u1', status: 'queued', code: 'rate_limited', retry_in: 20 },
  ],
};

const entries = ['Where is my order A-1001?', 'How do I send something back that came too late and is broken?', ''].map(
  (title, i) => ({ id: `th_${i}`, title, at: Date.now() - [0.1, 5, 400][i]! * hour }),
);

/** What the list of conversations may have to show. */
export const lists: Record<string, ViewEffect[]> = {
  'loading conversations': [],
  'no conversations': [{ type: 'show_threads', threads: [] }],
  'some conversations': [{ type: 'show_threads', threads: entries, current: 'th_1' }],
  'conversations that did not load': [{ type: 'show_threads', threads: [], failed: true }],
};
