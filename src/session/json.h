// The one border between the machine and the page: an event as JSON text in, a step as JSON text out. The wire is JSON
// anyway, and the same transcripts then replay natively and in Wasm, byte for byte. web/seam.ts holds the same types.
//
// EVENTS: {"type": …, "now": <ms, monotonic>, …}
//
//   init_called          call, product_id, service_key, guest_id, seed, salt, thread_id?, thread_of?, page?, locale?,
//                        get_token?
//                        `guest_id`: 128 random bits as text (the stored one, or new); `seed`: 128 random bits as 32
//                        hexadecimal digits, from which ids are drawn; `salt`: the same, but shared by the tabs of this
//                        browser; `thread_id`: this tab's guest thread, if any, and `thread_of` as it was saved;
//                        `get_token`: the page can be asked for tokens
//   identify_called      call, token | get_token: true, guest_id (a new one, used where the guest must change)
//   logout_called        call, guest_id (a new one)
//   token_provided       ask, token? (none: nobody is signed in), guest_id (a new one)
//   token_failed         ask
//   broadcast_received   kind, fingerprint, guest_id (a new one)
//   merge_answered       accepted
//   panel_awaited, panel_opened, panel_closed
//   message_submitted    text
//   retry_requested      message_id
//   approval_answered    id, approved
//   cancel_requested     (Stop)
//   message_withdrawn    message_id         one that is queued or failed is to be written anew
//   feedback_given       message_id, rating (up | down), comment?
//   threads_requested
//   thread_chosen        thread_id
//   new_thread_chosen
//   response_started     request, status, retry_after_s?
//   response_chunk       request, text
//   response_ended       request
//   request_failed       request            no answer, or it broke off
//   connection_changed   online             navigator.onLine
//   page_resumed                            visible again, restored from the back-forward cache
//   timer_fired
//   destroy_called
//
// STEP: {"effects": [{"type": …}, …], "wake_at": <ms of the same clock, or null>}
// The page performs the effects in order, then arms its one timer for wake_at (replacing the last one).
//
//   send_request     request, method, path, body?, token?, guest_id?, service_key?, last_event_id?, stream
//                    Authorization: Bearer <token>, Widgent-Anonymous-Id, Widgent-Service-Key, Last-Event-ID; a request
//                    without service_key is sent with no header at all. stream: false asks for the whole body as chunks
//                    too. The answer comes back as response_started, response_chunk*, response_ended | request_failed.
//   cancel_request   request                nothing of it may be reported any more
//   show_message     id, role (user | assistant), text, status, at?, citations?, rating?, name?; appended below what is
//                    there
//                    at: when it was said, Unix ms by the server's clock (absent: now)
//                    name: of the person of the site who says it (absent: the agent)
//   append_text      id, text
//   update_message   id, status, code?, hint?, citations?: [{n, title, url}], retry_in? (seconds until it is sent
//   again)
//                    status of a user's message: queued, sending, sent, failed (offer Retry)
//                    status of a reply: streaming, done, interrupted, failed (offer Retry of the message before)
//   remove_message   id                     it was withdrawn
//   show_rating      id, rating?            the server has not taken a judgement: what stood before
//   show_threads     threads: [{id, title, at}], current?, failed?; none for a guest
//   show_tool        id (of the call), name, status (running, done, failed, denied); appended below what is there
//   show_approval    id, status (pending, waiting, approved, rejected, dismissed, expired), tool?, message?,
//   expires_at?
//                    appended when first shown: an action waits for the visitor's yes (pending), or for that of the
//                    site's people (waiting); expires_at: RFC 3339
//   clear_messages                          all of the transcript; the draft stays
//   change_draft     change: clear; stash (put aside), restore, drop (forget what was put aside)
//   show_identity    state (guest, identifying, user), sub?, name?, email?, reason?, expires_in?, locked?
//                    `locked`: nothing can be written until somebody is identified
//   show_greeting    text, agent, accent?, suggestions: [..], handoff_url?, handoff_label?
//   show_notice      code: identity_expired, identity_refused, identity_locked, signed_out, unsent_message (so the
//                    thread cannot be left) …; an empty code hides it
//   show_connection  state (online, offline, reconnecting)
//   show_busy        busy                   a reply is awaited or streams: Stop is offered
//   show_suggestions items
//   show_handoff     url, label
//   show_merge_offer visible                shall the guest's conversation become this user's?
//   ask_for_token    ask                    call the page's getToken; answer by token_provided | token_failed
//   broadcast        kind (identified, signed_out), fingerprint; to the other tabs of this browser and product
//   settle           call, ok: true, sub?, expires_in?   |   call, ok: false, code, hint
//   emit             name, detail (object)  an event for the page's listeners
//   save             key (guest_id | thread_id | thread_of), value ("" removes)
//   report           code, hint             one console.error, once per occurrence; never holds a token
#pragma once
#include <string_view>

#include "session/session.h"

namespace widgent {

// A text that is no event yields one `report` effect with code invalid_event and changes nothing.
Text HandleJson(Session& session, std::string_view event);

}  // namespace widgent
