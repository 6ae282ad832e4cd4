// All that the panel says, in English.
import type { ApprovalStatus, MessageStatus, ToolStatus } from '../seam.ts';

/** What a tool does, from the first word of its name: while it runs, and once it has run. */
const verbs: Record<string, [running: string, done: string]> = {
  get: ['Looking up', 'Looked up'],
  search: ['Searching', 'Searched'],
  check: ['Checking', 'Checked'],
  create: ['Creating', 'Created'],
  update: ['Updating', 'Updated'],
  cancel: ['Cancelling', 'Cancelled'],
  refund: ['Refunding', 'Refunded'],
  send: ['Sending', 'Sent'],
  delete: ['Deleting', 'Deleted'],
};
const same: Record<string, string> = {
  find: 'get',
  list: 'get',
  fetch: 'get',
  lookup: 'get',
  read: 'get',
  query: 'search',
  add: 'create',
  set: 'update',
  change: 'update',
  edit: 'update',
  remove: 'delete',
};

/** get_order: "Looking up your order…", "Looked up your order", "Looking up your order did not work". */
function tool(name: string, status: ToolStatus | 'waiting'): string {
  const [first = '', ...rest] = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  const verb = rest.length ? verbs[same[first] ?? first] : undefined;
  const [running, done] = verb ?? ['Working on', 'Finished'];
  const object = verb ? `your ${rest.join(' ')}` : `“${[first, ...rest].join(' ')}”`;
  if (status === 'running') return `${running} ${object}…`;
  if (status === 'denied') return `${running} ${object}: not done`;
  if (status === 'waiting') return `${running} ${object} needs your yes`;
  return status === 'done' ? `${done} ${object}` : `${running} ${object} did not work`;
}

const errors: Record<string, string> = {
  cancelled: 'Stopped',
  unreachable: 'The server could not be reached.',
  rate_limited: 'That was a lot at once. Please wait a moment.',
  message_too_large: 'This message is too long.',
  queue_full: 'Too many messages are waiting.',
  agent_unavailable: 'The assistant cannot be reached right now.',
  agent_timeout: 'The assistant took too long to answer.',
  agent_truncated: 'The reply was cut off.',
  identity_expired: 'Not sent: your sign-in had ended.',
  identity_refused: 'Not sent: your sign-in was not confirmed.',
  identity_changed: 'Not sent: your sign-in had changed.',
  identity_required: 'Not sent: please sign in first.',
  interrupt_pending: 'Please answer the open question first.',
};

const notices: Record<string, string> = {
  identity_expired: 'Your sign-in has ended. You can go on as a guest.',
  identity_locked: 'You are no longer signed in. Please sign in to go on.',
  identity_refused: 'We could not confirm your sign-in. You can go on as a guest.',
  signed_out: 'You are signed out. You can go on as a guest.',
  unavailable: 'The chat could not be started. Please try again later.',
};

const states = {
  queued: 'Waiting to be sent',
  sending: 'Sending…',
  failed: 'This did not work.',
  interrupted: 'The reply ended here.',
} satisfies Partial<Record<MessageStatus, string>>;

export const strings = {
  agent: 'Assistant',
  title: (agent: string) => `Chat with ${agent}`,
  chat: 'Chat',
  unread: (count: number) => `Chat, ${count} new`,
  close: 'Close chat',
  conversation: 'Conversation',
  suggestions: 'Suggestions',
  online: 'Online',
  offline: 'Offline',
  reconnecting: 'Reconnecting…',
  offlineBanner: 'You are offline. What you write is sent as soon as you are back.',
  reconnectingBanner: 'The connection was lost. Reconnecting…',
  guest: 'You are chatting as a guest',
  identifying: 'Confirming your sign-in…',
  signedIn: (name: string) => ['Signed in as ', name] as const,
  you: 'You:',
  says: (agent: string) => `${agent}:`,
  placeholder: 'Write a message…',
  locked: 'Sign in to write',
  lockedNote: 'Please sign in to chat',
  approve: 'Yes, go ahead',
  reject: 'No',
  approval: {
    pending: '',
    approved: 'You agreed',
    rejected: 'You said no: nothing was done',
    dismissed: 'Not answered: nothing was done',
    expired: 'This can no longer be answered',
  } satisfies Record<ApprovalStatus, string>,
  merge: 'Continue the conversation you began before you signed in?',
  mergeYes: 'Continue it',
  mergeNo: 'Start afresh',
  message: 'Message',
  send: 'Send',
  stop: 'Stop the reply',
  retry: 'Retry',
  dismiss: 'Dismiss',
  latest: 'Go to the latest message',
  sources: 'Sources',
  source: (title: string) => `Source: ${title}`,
  ...states,
  handoff: 'Would you rather talk to a person?',
  handoffLabel: 'Contact us',
  tool,
  /** Below a message; empty where there is nothing to say. */
  state: (status: MessageStatus, code = '') => errors[code] ?? (states as Record<string, string>)[status] ?? '',
  // What is left are refusals of this page, told to its developers in the console.
  notice: (code: string) => notices[code] ?? 'The chat is not available on this page.',
};
