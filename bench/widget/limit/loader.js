// What a chat launcher costs at the least: a button of its own, and the panel when the page is idle or it is clicked.
(() => {
  const base = document.currentScript.src.replace(/[^/]*$/, '');
  const root = document.createElement('limit-chat').attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    ':host{all:initial;position:fixed;z-index:9999;right:20px;bottom:20px;font:15px/1.5 system-ui,sans-serif}' +
      '.launcher{width:56px;height:56px;border:0;border-radius:50%;background:#1d5a4c;cursor:pointer;' +
      'box-shadow:0 6px 20px #0004}.launcher:focus-visible{outline:3px solid #1d5a4c;outline-offset:3px}' +
      '.launcher:before{content:"";display:block;width:22px;height:16px;margin:auto;border-radius:6px;background:#fff}',
  );
  root.adoptedStyleSheets = [sheet];
  const launcher = document.createElement('button');
  launcher.className = 'launcher';
  launcher.ariaLabel = 'Chat';
  root.append(launcher);
  document.documentElement.append(root.host);
  let panel;
  const load = () => (panel ??= import(base + 'panel.js').then((module) => module.create(root, launcher, base)));
  launcher.onclick = () => load().then((toggle) => toggle());
  launcher.onpointerenter = launcher.onfocus = load;
  const idle = () => requestIdleCallback(load);
  if (document.readyState == 'complete') idle();
  else addEventListener('load', idle);
})();
