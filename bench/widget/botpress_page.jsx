// The quick start of @botpress/webchat's readme.
import { Fab, Webchat } from '@botpress/webchat';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';

const corner = { position: 'fixed', right: '20px' };

function App({ api }) {
  const [isOpen, setIsOpen] = useState(false);
  const panel = { ...corner, width: '400px', height: '600px', bottom: '90px', display: isOpen ? 'flex' : 'none' };
  return (
    <>
      <Webchat clientId="bench" apiUrl={api} style={panel} />
      <Fab onClick={() => setIsOpen(!isOpen)} style={{ ...corner, bottom: '20px', width: '64px', height: '64px' }} />
    </>
  );
}

export const show = (element, api) => createRoot(element).render(<App api={api} />);
