// The types of the border between the page and the machine, told in words in src/session/json.h: events go in as JSON,
// a step comes out as JSON. The page decides nothing; it tells what happened and performs the effects in order.

export type Event =
  | {
      type: 'init_called';
      call: number;
      product_id: string;
      service_key: string;
      /** 128 random bits: the stored one, or a new one. */
      guest_id: string;
      /** 128 random bits in hexadecimal digits, from which the machine draws its ids. */
      seed: string;
      /** This tab's guest thread, if there is one. */
      thread_id?: string;
      /** As it was saved. */
      thread_of?: string;
      /** 128 random bits in hexadecimal digits, the same in all tabs of this browser. */
      salt: string;
      page: string;
      locale: string;
      /** The page can be asked for tokens. */
      get_token: boolean;
    }
  | { type: 'identify_called'; call: number; token: string; guest_id: string; get_token?: boolean }
  | { type: 'token_provided'; ask: number; token?: string; guest_id: string }
  | { type: 'token_failed'; ask: number }
  | { type: 'broadcast_received'; kind: string; fingerprint: string; guest_id: string }
  | { type: 'merge_answered'; accepted: boolean }
  | { type: 'approval_answered'; id: string; approved: boolean }
  | { type: 'logout_called'; call: number; guest_id: string }
  | { type: 'panel_awaited' } // the pointer is on the launcher
  | { type: 'panel_opened' }
  | { type: 'panel_closed' }
  | { type: 'message_submitted'; text: string }
  | { type: 'retry_requested'; message_id: string }
  | { type: 'cancel_requested' }
  /**
   * A message that waits or has failed is taken back, to be written anew. One that may have arrived comes back with the
   * history where it has.
   */
  | { type: 'message_withdrawn'; message_id: string }
  | { type: 'feedback_given'; message_id: string; rating: Rating; comment?: string }
  | { type: 'threads_requested' }
  /** Refused, with the notice unsent_message, while a message has not arrived: it waits, is sent or has failed. */
  | { type: 'thread_chosen'; thread_id: string }
  | { type: 'new_thread_chosen' }
  | { type: 'response_started'; request: number; status: number; retry_after_s?: number }
  | { type: 'response_chunk'; request: number; text: string }
  | { type: 'response_ended'; request: number }
  | { type: 'request_failed'; request: number }
  | { type: 'connection_changed'; online: boolean }
  | { type: 'page_resumed' }
  | { type: 'timer_fired' }
  | { type: 'destroy_called' };

export interface SendRequest {
  type: 'send_request';
  request: number;
  method: string;
  path: string;
  body?: string;
  token?: string;
  guest_id?: string;
  /** A request without it is sent with no header at all, so that no preflight goes first. */
  service_key?: string;
  last_event_id?: string;
  stream: boolean;
}

export type Role = 'user' | 'assistant';
/** Of a user's message: queued, sending, sent, failed. Of a reply: streaming, done, interrupted, failed. */
export type MessageStatus = 'queued' | 'sending' | 'sent' | 'streaming' | 'done' | 'interrupted' | 'failed';
export type ToolStatus = 'running' | 'done' | 'failed' | 'denied';
/** Pending: the visitor is asked. Waiting: the site's people are. */
export type ApprovalStatus = 'pending' | 'waiting' | 'approved' | 'rejected' | 'dismissed' | 'expired';
export type IdentityState = 'guest' | 'identifying' | 'user';
export type Connection = 'online' | 'offline' | 'reconnecting';
export type Rating = 'up' | 'down';

/** One of the user's conversations. */
export interface ThreadEntry {
  id: string;
  /** The beginning of its first message. */
  title: string;
  /** When something was last said in it: Unix time in milliseconds. */
  at: number;
}

export interface Citation {
  n: number;
  title: string;
  url: string;
}

/** What the panel draws. */
export type ViewEffect =
  | {
      type: 'show_message';
      id: string;
      role: Role;
      text: string;
      status: MessageStatus;
      /** When it was said, by the server's clock: Unix time in milliseconds. Absent: now. */
      at?: number;
      citations?: readonly Citation[];
      /** Of a reply that this visitor has judged. */
      rating?: Rating;
      /** Of the person of the site who says it. Absent: the agent does. */
      name?: string;
    }
  | { type: 'append_text'; id: string; text: string }
  | {
      type: 'update_message';
      id: string;
      status: MessageStatus;
      code?: string;
      hint?: string;
      citations?: readonly Citation[];
      /** Seconds until it is sent again by itself. */
      retry_in?: number;
    }
  | { type: 'remove_message'; id: string }
  /** Where the server has not taken a judgement, what stood before: nothing, or the earlier one. */
  | { type: 'show_rating'; id: string; rating?: Rating }
  | { type: 'show_threads'; threads: readonly ThreadEntry[]; current?: string; failed?: boolean }
  | { type: 'show_tool'; id: string; name: string; status: ToolStatus }
  | {
      type: 'show_approval';
      id: string;
      status: ApprovalStatus;
      /** When it is first shown. */
      tool?: string;
      message?: string;
      /** RFC 3339. */
      expires_at?: string;
    }
  | { type: 'clear_messages' }
  | { type: 'change_draft'; change: 'clear' | 'stash' | 'restore' | 'drop' }
  | {
      type: 'show_identity';
      state: IdentityState;
      sub?: string;
      name?: string;
      email?: string;
      reason?: string;
      expires_in?: number;
      /** Nothing can be written until somebody is identified. */
      locked?: boolean;
    }
  | {
      type: 'show_greeting';
      text: string;
      agent: string;
      accent?: string;
      suggestions: readonly string[];
      handoff_url?: string;
      handoff_label?: string;
    }
  | { type: 'show_notice'; code: string }
  | { type: 'show_connection'; state: Connection }
  | { type: 'show_busy'; busy: boolean }
  | { type: 'show_merge_offer'; visible: boolean }
  | { type: 'show_suggestions'; items: readonly string[] }
  | { type: 'show_handoff'; url: string; label: string };

/** What the rest of the page performs. */
export type PageEffect =
  | SendRequest
  | { type: 'cancel_request'; request: number }
  | { type: 'settle'; call: number; ok: true; sub?: string; expires_in?: number }
  | { type: 'settle'; call: number; ok: false; code: string; hint: string }
  | { type: 'emit'; name: string; detail: Record<string, unknown> }
  | { type: 'save'; key: 'guest_id' | 'thread_id' | 'thread_of'; value: string }
  | { type: 'ask_for_token'; ask: number }
  | { type: 'broadcast'; kind: string; fingerprint: string }
  | { type: 'report'; code: string; hint: string };

export type Effect = ViewEffect | PageEffect;

export interface Step {
  effects: readonly Effect[];
  /** When to fire the one timer, by the clock of `now`; null: never. */
  wake_at: number | null;
}
