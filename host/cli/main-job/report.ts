import { styleText } from 'node:util';
import type { LocalTree } from '../../import/local-tree.js';
import { escapeControls } from '../failure.js';
import { formatBytes, formatCount, formatNumber, formatRate, formatSeconds } from '../format.js';
import type { Contestant } from './contestant.js';
import { CONCURRENCY, type Findings, type Times } from './rounds.js';

const LABEL_COLUMNS = 14;
const CELL_COLUMNS = 11;
/** So many lost files are named. */
const LOSSES_SHOWN = 10;

/** What has happened to the engine, and to the files. */
export interface Verdict {
	readonly restarts: number;
	readonly lastTrap: string | undefined;
	/** Calls that were made again after the trap. */
	readonly repeated: number;
	readonly findings: Findings;
}

/** Tells what the job does and how it went, while it goes. */
export class Report {
	readonly #stream: NodeJS.WriteStream;

	constructor(stream: NodeJS.WriteStream) {
		this.#stream = stream;
		// A reader that goes away (`| head`) does not end the job, which has something to put away.
		stream.on('error', () => undefined);
	}

	begin(leftOvers: number): void {
		this.#say(this.#style('bold', 'Holdfast: real files in and out, and a crash in the middle'));
		this.#say('');
		if (leftOvers > 0)
			this.#row('cleaned up', `${formatNumber(leftOvers, 'directory', 'directories')} of a killed run`);
	}

	tree({ root, files, directories, bytes, symlinks, specialFiles }: LocalTree): void {
		this.#row('tree', escapeControls(root));
		const places = formatNumber(directories, 'directory', 'directories');
		this.#row('files', `${formatCount(files.length)} in ${places}, ${formatBytes(bytes)}`);
		const skipped = `${formatNumber(symlinks, 'symlink')}, ${formatNumber(specialFiles, 'special file')}`;
		if (symlinks + specialFiles > 0) this.#row('skipped', skipped);
		this.#row('in flight', `${CONCURRENCY} files`);
		this.#say('');
		const half = (title: string): string => title.padStart(CELL_COLUMNS).padEnd(3 * CELL_COLUMNS + 2);
		this.#row('', `${half('store')}${half('read back').trimEnd()}`, 'dim');
	}

	times({ name }: Contestant, tree: LocalTree, { storeMs, readMs }: Times): void {
		this.#row(name, `${cells(tree, storeMs)}  ${cells(tree, readMs)}`);
	}

	end({ restarts, lastTrap, repeated, findings }: Verdict, contestants: readonly Contestant[]): void {
		const { lost, changed } = findings;
		this.#say('');
		this.#row('restarts', `${formatCount(restarts)}   on purpose, when half of the files were stored`);
		if (lastTrap !== undefined) this.#row('', `    ${escapeControls(lastTrap)}`);
		if (repeated > 0) this.#row('', `    made again after EngineTrapped: ${formatNumber(repeated, 'call')}`);
		if (changed.size > 0) {
			this.#row('changed', `${formatCount(changed.size)}   by somebody else while the job ran: not compared`);
		}
		const kept = lost.size === 0 ? '   every file came back with the SHA-256 of its source' : '';
		this.#row('lost', `${formatCount(lost.size)}${kept}`, lost.size === 0 ? 'green' : 'red');
		for (const [path, reason] of [...lost].slice(0, LOSSES_SHOWN)) {
			this.#row('', `    ${escapeControls(`${path}: ${reason}`)}`);
		}
		this.#say('');
		for (const { name, guarantees } of contestants) this.#row(name, guarantees, 'dim');
	}

	#row(label: string, text: string, style?: 'bold' | 'dim' | 'green' | 'red'): void {
		this.#say(`  ${label.padEnd(LABEL_COLUMNS)}${style === undefined ? text : this.#style(style, text)}`);
	}

	#style(style: 'bold' | 'dim' | 'green' | 'red', text: string): string {
		return this.#stream.isTTY && this.#stream.hasColors() ? styleText(style, text) : text;
	}

	#say(line: string): void {
		this.#stream.write(`${line.trimEnd()}\n`);
	}
}

/** Time, bytes and files per second. */
function cells({ files, bytes }: LocalTree, milliseconds: number): string {
	const filesPerSecond = formatCount(files.length / (Math.max(milliseconds, 1) / 1000));
	const values = [formatSeconds(milliseconds), formatRate(bytes, milliseconds), `${filesPerSecond}/s`];
	return values.map((value) => value.padStart(CELL_COLUMNS)).join('');
}
