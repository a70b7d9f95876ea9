/* Beizai's chat on a site; how it is used: docs/howto/chat.md. Nothing is kept on the device before somebody writes. */
(() => {
  'use strict';
  const script = document.currentScript;
  const home = new URL('/chat/', script.src);
  const WORDS = { en: ['Write to us', 'Close the chat', 'new'], fr: ['Écrivez-nous', 'Fermer le chat', 'nouveau'], zh: ['联系我们', '关闭聊天', '条新消息'] };
  const lang = (script.dataset.lang || document.documentElement.lang || navigator.language || 'en').slice(0, 2).toLowerCase();
  const words = WORDS[lang] || WORDS.en;
  const KEY = 'beizai-chat';
  const store = work => { try { return work(localStorage); } catch { return null; } };
  const style = (element, rules) => Object.assign(element.style, rules);
  const colour = /^#[0-9a-f]{6}$/i.test(script.dataset.colour || '') ? script.dataset.colour : '#1b4f86';

  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('aria-expanded', 'false');
  style(button, {
    position: 'fixed', right: '16px', bottom: '16px', zIndex: 2147483000, minHeight: '48px', padding: '0 20px', border: '0',
    borderRadius: '24px', background: colour, color: '#fff', font: '600 16px/48px system-ui,sans-serif', cursor: 'pointer',
    boxShadow: '0 2px 12px rgba(0,0,0,.3)',
  });
  let frame = null, alive = false, open = false, unread = 0;
  const label = () => {
    button.textContent = open ? words[1] : words[0] + (unread ? ` (${unread} ${words[2]})` : '');
    button.setAttribute('aria-expanded', String(open));
  };
  const tell = () => alive && frame.contentWindow.postMessage({ beizai: 'chat', open }, home.origin);

  const make = () => {
    const from = new URLSearchParams({ in: 'frame', lang, from: location.origin });
    const rest = new URLSearchParams({ open: open ? '1' : '0' });
    const thread = store(place => place.getItem(KEY));
    if (thread) rest.set('thread', thread);
    const seen = (document.cookie.match(/(?:^|; )beizai=([^;.]*)/) || [])[1]; // the visits' id, kept only after consent
    if (seen) rest.set('anonymous', decodeURIComponent(seen));
    frame = document.createElement('iframe');
    frame.title = words[0];
    frame.src = `${home.href}?${from}#${rest}`;
    const small = matchMedia('(max-width: 480px)').matches;
    style(frame, {
      position: 'fixed', zIndex: 2147483001, border: '0', background: '#fff', boxShadow: '0 4px 24px rgba(0,0,0,.3)',
      right: small ? '0' : '16px', bottom: small ? '0' : '80px', width: small ? '100%' : '380px',
      height: small ? '100%' : 'min(600px, calc(100vh - 100px))', borderRadius: small ? '0' : '12px', colorScheme: 'light dark',
    });
    document.body.append(frame);
  };
  const turn = wanted => {
    open = wanted;
    if (open && !frame) make();
    if (frame) {
      frame.hidden = !open;
      frame.style.display = open ? 'block' : 'none';
      tell();
    }
    label();
    if (!open) button.focus();
  };
  button.addEventListener('click', () => turn(!open));
  addEventListener('message', event => {
    if (!frame || event.origin !== home.origin || event.source !== frame.contentWindow || event.data.beizai !== 'chat') return;
    const { thread, close, ready } = event.data;
    if (typeof thread === 'string') store(place => (thread ? place.setItem(KEY, thread) : place.removeItem(KEY)));
    if (typeof event.data.unread === 'number') unread = event.data.unread;
    if (ready) { alive = true; tell(); }
    if (close && open) turn(false); else label();
  });
  label();
  document.body.append(button);
  if (store(place => place.getItem(KEY))) { // a conversation goes on: its answers are looked for behind the button
    make();
    frame.style.display = 'none';
  }
})();
