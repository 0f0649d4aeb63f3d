const Status = {
  running: 'Running', completed: 'Completed', failed: 'Failed', cancelled: 'Cancelled', timed_out: 'Timed out', interrupted: 'Interrupted',
};
const Labels = { thinking: 'Thinking', responding: 'Answer' };

const $ = (selector, root) => root.querySelector(selector);
const clone = (id) => document.getElementById(id).content.cloneNode(true).firstElementChild;
/** Leaves an unchanged text alone: live regions and selections would notice. */
export const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

/** One run on the page. It draws what has changed and leaves the rest alone, so that selections, focus and opened
 * details survive while text streams in. All text goes in as text, never as markup. */
export class RunCard {
  root = clone('run-template');
  changed = true;
  #run = null;
  #question;
  #items = [];
  #announce;

  constructor(cancel, announce) {
    this.#announce = announce;
    const button = $('.cancel', this.root);
    button.addEventListener('click', async () => {
      button.disabled = true;
      button.textContent = 'Cancelling';
      await cancel();
      button.disabled = false;
      button.textContent = 'Cancel';
    });
  }

  /** Returns whether anything was drawn. */
  show(run, question) {
    if (!this.changed && this.#run === run && this.#question === question) return false;
    // A run that is rebuilt after a reset is another object: what was drawn of the old one goes.
    if (this.#run !== run) {
      $('.timeline', this.root).replaceChildren();
      this.#items = [];
    }
    this.#run = run;
    this.#question = question;
    this.changed = false;

    const root = this.root;
    const ended = root.dataset.status === 'running' && run.status !== 'running';
    root.dataset.runId = run.runId;
    root.dataset.status = run.status;
    setText($('.question', root), question ?? 'A question asked elsewhere');
    setText($('.agent', root), run.agent ?? 'agent');
    setText($('.badge', root), Status[run.status]);
    setText($('.duration', root), duration(run.durationMs));
    $('.cancel', root).hidden = run.status !== 'running';
    $('.incomplete', root).hidden = run.complete || run.status === 'interrupted'; // that says it already
    setText($('.problem', root), problem(run));
    run.timeline.forEach((item, index) => this.#draw(item, index));
    this.#drawSources(sources(run));
    if (ended) this.#announce(`${Status[run.status]}: ${question ?? run.agent ?? 'run'}`);
    return true;
  }

  #draw(item, index) {
    const element = this.#items[index] ??= this.#add(item);
    if (item.kind === 'tool') return drawTool(element, item);
    const text = $('.text', element).firstChild;
    // Appending keeps a selection that the reader has made in the part that is there.
    if (text.length < item.text.length) text.appendData(item.text.slice(text.length));
    element.classList.toggle('growing', this.#run.status === 'running' && index === this.#run.timeline.length - 1);
  }

  #add(item) {
    const element = clone(item.kind === 'tool' ? 'tool-template' : 'text-template');
    element.dataset.kind = item.kind;
    if (item.kind !== 'tool') {
      $('.label', element).textContent = Labels[item.kind];
      $('.text', element).append('');
      if (item.kind === 'responding') $('.text', element).dataset.testid = 'answer';
    }
    $('.timeline', this.root).append(element);
    return element;
  }

  #drawSources(all) {
    const section = $('.sources', this.root);
    section.hidden = all.length === 0;
    if ($('ul', section).childElementCount === all.length) return;
    $('ul', section).replaceChildren(...all.map(({ title, url }) => {
      const entry = document.createElement('li');
      const text = document.createElement(url ? 'a' : 'span');
      text.textContent = title;
      if (url) Object.assign(text, { href: url, target: '_blank', rel: 'noopener noreferrer' });
      entry.append(text);
      return entry;
    }));
  }
}

function drawTool(element, tool) {
  element.dataset.tool = tool.tool;
  element.dataset.status = tool.status;
  setText($('.tool-name', element), tool.tool || 'tool');
  setText($('.tool-input', element), brief(tool.input));
  setText($('.tool-state', element), tool.status === 'running' ? tool.progress?.message ?? 'running' :
    [tool.status === 'failed' ? 'failed' : '', duration(tool.durationMs)].filter(Boolean).join(' · '));
  const bar = $('progress', element);
  bar.hidden = tool.status !== 'running' || typeof tool.progress?.percent !== 'number';
  if (!bar.hidden) {
    bar.value = tool.progress.percent;
    bar.setAttribute('aria-label', `Progress of ${tool.tool}`);
  }
  const rows = [
    ['Input', tool.input, 'payload.input'],
    ['Output', tool.output, 'payload.output'],
    ['Error', tool.error && errorText(tool.error)],
  ].filter(([, value, field]) => value !== undefined || tool.truncated?.[field]);
  const list = $('dl', element);
  while (list.children.length < rows.length * 2) {
    list.append(document.createElement('dt'), document.createElement('dd'));
    list.lastElementChild.append(document.createElement('pre'));
  }
  rows.forEach(([name, value, field], row) => {
    const cut = tool.truncated?.[field];
    setText(list.children[2 * row], cut ? `${name} (cut, was ${Math.ceil(cut / 1024)} KiB)` : name);
    setText(list.children[2 * row + 1].firstElementChild, pretty(value));
  });
}

const pretty = (value) => value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2);

/** An input in a few words: its values without their names. */
function brief(input) {
  const values = input !== null && typeof input === 'object' ? Object.values(input) : [input];
  const text = values.filter((value) => value !== undefined)
    .map((value) => typeof value === 'string' ? value : JSON.stringify(value)).join(', ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function duration(ms) {
  if (typeof ms !== 'number') return '';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round(ms % 60_000 / 1000)} s`;
}

const errorText = ({ code, message }) => message ?? code ?? 'It failed.';

function problem(run) {
  if (run.status === 'interrupted') return 'The server lost this run, so it will not go on.';
  if (run.status === 'timed_out') return 'The agent was silent for too long.';
  return run.status === 'failed' ? errorText(run.error ?? {}) : '';
}

/** `sources` of the result, or of what the tools found: strings, or objects with a title and perhaps a url. */
function sources(run) {
  const found = [run.result, ...run.tools.map((tool) => tool.output)].map((value) => value?.sources).find(Array.isArray) ?? [];
  return found.slice(0, 20).map((source) => typeof source === 'string' ? { title: source } : {
    title: String(source?.title ?? source?.name ?? source?.id ?? source?.url ?? ''),
    // Only what a click may open: a javascript: address from a tool must not become a link.
    url: typeof source?.url === 'string' && /^(https?:\/\/|\/(?!\/))/i.test(source.url) ? source.url : undefined,
  }).filter(({ title }) => title);
}
