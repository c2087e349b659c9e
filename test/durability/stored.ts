import { FLAG_DIRECTORY, OP_LIST, OP_OPEN } from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import type { Engine, Reply, Request } from '#host/pool/request';
import { Sweep } from '#host/services/sweep';
import { FileStat } from '#host/wasi/files';
import { announcementIn, lockName } from '#host/wasi/owner';
import type { InlineEngine } from '../engine/inline-engine.ts';
import type { Remains } from './power-cut-model.ts';

/** What a user of the store sees: path to content. */
export type Stored = Map<string, string>;

/** The prefix of a process that died before the machine was started. */
export const DEAD_PREFIX = '.holdfast-0dead000-1-1-1-';
/** A name of ours that no user sees. */
export const isHidden = (path: string): boolean => path.split('/').some((name) => name.startsWith('.holdfast-'));

/** The files in what a power cut left as a reader of this library sees them: without what an unfinished append added. */
export function visibleIn({ tree, inodes }: Remains): Stored {
	const stored: Stored = new Map();
	for (const [path, content] of tree) {
		if (content === null || isHidden(path)) continue;
		const slash = path.lastIndexOf('/') + 1;
		const lock = `${path.slice(0, slash)}${lockName(path.slice(slash))}/`;
		let size = content.length;
		for (const [entry, inode] of inodes) {
			if (!entry.startsWith(lock) || inode !== inodes.get(path)) continue;
			size = Math.min(size, announcementIn(entry.slice(lock.length))?.size ?? size);
		}
		stored.set(path, content.toString('latin1', 0, size));
	}
	return stored;
}

/** Every name in a directory, hidden ones too. */
export function namesIn(engine: InlineEngine, path: string): string[] {
	const { fd, status } = engine.run(OP_OPEN, path, { flags: FLAG_DIRECTORY });
	if (status !== 0) return [];
	const found: string[] = [];
	for (let cookie = 0; ; ) {
		const { bytes, total } = engine.run(OP_LIST, '', { fd, offset: cookie });
		for (let at = 0; at < bytes.length; ) {
			const length = bytes.readUInt32LE(at + 68);
			found.push(bytes.toString('utf8', at + 72, at + 72 + length));
			at += (72 + length + 7) & ~7;
		}
		if (total === 0) return found;
		cookie = total;
	}
}

/** What opening a store does about what dead processes left in it. */
export async function sweep(engine: InlineEngine): Promise<void> {
	const adapter: Engine = {
		submit: async (request: Request) => {
			const answer = engine.run(request.op, request.path, request);
			if (answer.status !== 0) throw new HoldfastError('Unexpected', `status ${answer.status}`);
			return { ...answer, stat: new FileStat(), incarnation: { number: 1 } } satisfies Reply;
		},
		submitSync: () => {
			throw new Error('a sweep waits');
		},
	};
	await new Sweep(adapter, engine.root).run();
}
