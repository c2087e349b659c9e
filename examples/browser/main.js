// A store in the browser: drop files, list and download them, see how fast that is, and trap the engine.

import { HoldfastError, openPrivateFiles, sharesMemory } from 'holdfast/browser';

const MEBIBYTE = 1024 ** 2;
const MEASURED_BYTES = 32 * MEBIBYTE;
/** `FAULT_KIND_PANIC` of the fault build. */
const PANIC = 4;
const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'];

const at = (id) => document.getElementById(id);
const isShared = sharesMemory();
const build = isShared ? 'engine.fault.wasm' : 'engine.unshared.fault.wasm';

at('mode').textContent = isShared
	? 'Shared memory: this page is cross-origin isolated, so requests and their results go through memory that it shares with the worker.'
	: 'Messages: this page is not cross-origin isolated, so one worker serves it and every request and result is a message.';

let op;
try {
	op = await openPrivateFiles({ name: 'example', module: new URL(`/build/${build}`, location.href) });
	for (const id of ['choose', 'measure', 'fault']) at(id).disabled = false;
	op.pool.on('trap', ({ message, position }) => {
		at('trap').textContent =
			`It trapped: ${message}${position === undefined ? '' : ` (${position})`}. Another instance took over; all files are there.`;
		showEngine();
	});
	op.pool.on('replace', showEngine);
	await showFiles();
	showEngine();
} catch (error) {
	at('mode').textContent = 'The store could not be opened.';
	tell(error);
}

at('choose').addEventListener('change', ({ target }) => {
	storeAll([...target.files]);
	// The same file can be chosen again.
	target.value = '';
});
// On all of the page: the browser would open what is dropped beside the field, and leave.
document.addEventListener('dragover', (event) => {
	event.preventDefault();
	at('drop').classList.add('over');
});
document.addEventListener('dragleave', ({ relatedTarget }) => {
	if (relatedTarget === null) at('drop').classList.remove('over');
});
document.addEventListener('drop', (event) => {
	event.preventDefault();
	at('drop').classList.remove('over');
	storeAll([...event.dataTransfer.files]);
});
at('measure').addEventListener('click', () => busily(at('measure'), measure));
at('fault').addEventListener('click', () => busily(at('fault'), trap));

async function storeAll(files) {
	if (op === undefined) return;
	for (const file of files) await attempt(() => store(file));
	await attempt(showFiles);
}

/** The name appears when the whole file is stored; a trap in the middle leaves nothing, and then it is stored again, once. */
async function store(file, isSecondTry = false) {
	const row = rowOf(file.name, file.size);
	const progress = row.appendChild(document.createElement('progress'));
	progress.max = Math.max(1, file.size);
	const begunMs = performance.now();
	try {
		let done = 0;
		const watched = new TransformStream({
			transform(chunk, controller) {
				done += chunk.length;
				progress.value = done;
				controller.enqueue(chunk);
			},
		});
		const writer = await op.writer(file.name);
		await file.stream().pipeThrough(watched).pipeTo(writer.writableWebStream());
		showRate('write-rate', file.size, performance.now() - begunMs);
	} catch (error) {
		row.remove();
		if (isSecondTry || !(error instanceof HoldfastError) || error.code !== 'EngineTrapped') throw error;
		await store(file, true);
	}
}

async function download(path) {
	const begunMs = performance.now();
	const reader = await op.reader(path);
	const blob = await new Response(reader.readableWebStream()).blob();
	showRate('read-rate', blob.size, performance.now() - begunMs);
	const link = document.createElement('a');
	link.href = URL.createObjectURL(blob);
	link.download = path;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function measure() {
	const bytes = new Uint8Array(MEASURED_BYTES).fill(1);
	const path = '.measured';
	const begunMs = performance.now();
	await op.write(path, bytes);
	const writtenMs = performance.now();
	await op.read(path);
	showRate('write-rate', bytes.length, writtenMs - begunMs);
	showRate('read-rate', bytes.length, performance.now() - writtenMs);
	await op.delete(path);
}

async function trap() {
	try {
		await op.pool.dispatch('fault', PANIC);
	} catch (error) {
		if (!(error instanceof HoldfastError) || error.code !== 'EngineTrapped') throw error;
	}
	// The next call is served by the next instance.
	await showFiles();
	showEngine();
}

async function showFiles() {
	const entries = (await op.list('/')).filter((entry) => entry.metadata().isFile());
	at('files').replaceChildren();
	let total = 0;
	for (const entry of entries) {
		const size = Number(entry.metadata().contentLength);
		total += size;
		const row = rowOf(entry.path(), size);
		addButton(row, 'Download', () => download(entry.path()));
		addButton(row, 'Delete', async () => {
			await op.delete(entry.path());
			await showFiles();
		});
	}
	at('empty').hidden = entries.length > 0;
	at('total').textContent =
		entries.length === 0 ? '' : `${entries.length} ${entries.length === 1 ? 'file' : 'files'}, ${sizeOf(total)}`;
}

function showEngine() {
	const { restarts, instances } = op.pool.health();
	at('restarts').textContent = String(restarts);
	at('state').textContent = instances[0]?.state ?? 'running';
}

function rowOf(name, size) {
	const row = document.createElement('li');
	const [title, bytes] = ['name', 'size'].map((kind) => {
		const part = row.appendChild(document.createElement('span'));
		part.className = kind;
		return part;
	});
	title.textContent = name;
	title.title = name;
	bytes.textContent = sizeOf(size);
	at('files').append(row);
	at('empty').hidden = true;
	return row;
}

function addButton(row, label, action) {
	const button = row.appendChild(document.createElement('button'));
	button.type = 'button';
	button.textContent = label;
	button.addEventListener('click', () => busily(button, action));
}

async function busily(button, action) {
	button.disabled = true;
	await attempt(action);
	button.disabled = false;
}

async function attempt(action) {
	at('message').hidden = true;
	try {
		await action();
	} catch (error) {
		tell(error);
	}
}

function tell(error) {
	at('message').textContent = error instanceof Error ? error.message : String(error);
	at('message').hidden = false;
}

/** A small file says nothing about speed. */
function showRate(id, bytes, milliseconds) {
	if (bytes < MEBIBYTE) return;
	at(id).textContent = `${(bytes / MEBIBYTE / (Math.max(1, milliseconds) / 1000)).toFixed(0)} MiB/s`;
}

function sizeOf(bytes) {
	const unit = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
	return `${(bytes / 1024 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}
