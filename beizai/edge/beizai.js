/* Beizai on a site; how it is used: docs/howto/events.md. Without consent nothing is kept on the device. */
(() => {
  'use strict';
  const script = document.currentScript;
  const key = script.dataset.key;
  const url = new URL('/v1/batch', script.src).href;
  const STORE = 'beizai-later', MOST = 200, AT_ONCE = 50, BEACON = 60000;
  const SECRET = /pass|card|cvc|cvv|iban|secret|token/i;
  const random = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, one => one.toString(16).padStart(2, '0')).join('');
  };
  const cookie = () => (document.cookie.match(/(?:^|; )beizai=([^;]*)/) || [])[1];
  const keepCookie = (value, seconds) => {
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `beizai=${value}; Max-Age=${seconds}; Path=/; SameSite=Lax${secure}`;
  };
  let [anonymousId, userId] = (cookie() || '').split('.').map(decodeURIComponent);
  let agreed = Boolean(anonymousId);
  anonymousId = anonymousId || random();
  let queue = [], sending = 0, wait = 1000, timer;

  const store = work => { try { return work(localStorage); } catch { return null; } };
  const keep = () => {
    if (!agreed) return;
    keepCookie(encodeURIComponent(anonymousId) + (userId ? '.' + encodeURIComponent(userId) : ''), 31536000);
    store(place => place.setItem(STORE, JSON.stringify(queue)));
  };
  const body = events => JSON.stringify({ batch: events, writeKey: key, sentAt: new Date().toISOString() });

  const context = () => {
    const campaign = {};
    for (const [name, value] of new URLSearchParams(location.search))
      if (name.startsWith('utm_')) campaign[name.slice(4)] = value.slice(0, 200);
    return {
      page: { url: location.href.split('#')[0], path: location.pathname, title: document.title, referrer: document.referrer },
      locale: navigator.language,
      consent: { categoryPreferences: { tracking: agreed } },
      ...(Object.keys(campaign).length ? { campaign } : {}),
    };
  };
  const tell = (type, rest) => {
    queue.push({
      type, ...rest, anonymousId, ...(userId ? { userId } : {}),
      messageId: random(), timestamp: new Date().toISOString(), context: context(),
    });
    queue = queue.slice(-MOST);
    keep();
    clearTimeout(timer);
    timer = setTimeout(send, 50);
  };

  async function send() {
    if (sending || !queue.length) return;
    const some = queue.slice(0, AT_ONCE);
    sending = some.length;
    let again = true;
    try {
      const headers = { 'Content-Type': 'text/plain' };
      const answer = await fetch(url, { method: 'POST', body: body(some), headers, keepalive: true, credentials: 'omit' });
      again = answer.status >= 500 || answer.status === 429;
    } catch { /* no network */ }
    sending = 0;
    if (!again) {
      queue = queue.filter(one => !some.includes(one));
      wait = 1000;
      keep();
    }
    clearTimeout(timer);
    if (queue.length) timer = setTimeout(send, again ? (wait = Math.min(wait * 2, 60000)) : 0);
  }
  const leave = () => {
    let some = queue.slice(0, AT_ONCE);
    while (some.length && body(some).length > BEACON) some = some.slice(0, some.length >> 1);
    if (some.length && navigator.sendBeacon(url, body(some))) {
      queue = queue.filter(one => !some.includes(one));
      keep();
    }
  };
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && leave());
  addEventListener('online', send);
  document.addEventListener('submit', ({ target }) => {
    const name = target.dataset.beizai;
    if (!name) return;
    const fields = {};
    for (const one of target.elements)
      if (one.name && !/^(password|hidden|file|submit|button)$/.test(one.type) && !SECRET.test(one.name))
        if (!/^(checkbox|radio)$/.test(one.type) || one.checked) fields[one.name] = String(one.value).slice(0, 1000);
    tell('track', { event: name, properties: { form: target.id || target.name || '', fields } });
  }, true);

  window.beizai = {
    page: (name, properties) => tell('page', { ...(name ? { name } : {}), properties: properties || {} }),
    track: (event, properties) => tell('track', { event, properties: properties || {} }),
    identify: (id, traits) => { userId = String(id); tell('identify', { traits: traits || {} }); },
    consent: yes => {
      agreed = yes;
      if (yes) return keep();
      keepCookie('', 0);
      store(place => place.removeItem(STORE));
      anonymousId = random();
    },
    reset: () => { userId = undefined; anonymousId = random(); keep(); },
  };
  if (agreed) queue = JSON.parse(store(place => place.getItem(STORE)) || '[]');
  if (script.dataset.page !== 'off') window.beizai.page();
})();
