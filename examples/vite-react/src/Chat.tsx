import { Widgent, useWidgent } from 'widgent/react';

async function fetchToken(): Promise<string | null> {
  const response = await fetch('/api/widgent-token', { method: 'POST' });
  return response.ok ? (await response.json()).token : null;
}

/** `user`: undefined while it is not known, null where nobody is signed in. */
export function Chat({ user }: { user: { id: string } | null | undefined }) {
  return (
    <Widgent
      src="http://localhost:8787/widgent.js"
      productId="acme"
      serviceKey="pk_acme_demo"
      key={user?.id}
      token={user && fetchToken}
      onError={({ code, hint }) => console.warn(code, hint)}
    />
  );
}

export function HelpButton() {
  const { open, state } = useWidgent();
  return <button onClick={open}>{state.unread ? `Help (${state.unread})` : 'Help'}</button>;
}
