import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
	ERRNO_EXIST,
	ERRNO_NOTDIR,
	FILETYPE_CHARACTER_DEVICE,
	FILETYPE_SOCKET_STREAM,
	FILETYPE_UNKNOWN,
	OFLAGS_CREAT,
	STATUS_SPECIAL,
} from '#assembly/layout';
import { O_PATH } from '#host/wasi/descriptor-path';
import { Access, FileStat } from '#host/wasi/files';
import { FifoPartner } from '../fifo-partner.js';
import { get, type OpenedFiles, openFilesIn } from './opened-files.js';
import { touch } from './touch.js';

const isRoot = process.getuid?.() === 0;
/** No driver has this number (it is for local use): to open such a device fails with an errno of its own. */
const DRIVERLESS = ['c', '240', '0'];

let opened: OpenedFiles;
let at: (path: string) => string;
let partner: FifoPartner | undefined;
/** What others do just before a name is held, after that, and just before a file is made. */
let meanwhile: { beforeHold?(): void; afterHold?(): void; beforeMake?(): void } = {};

vi.mock('node:fs', async (load) => {
	const original = await load<typeof import('node:fs')>();
	const openSync = (path: fs.PathLike, flags: number, mode?: number) => {
		const isHold = (flags & O_PATH) !== 0;
		if (isHold) meanwhile.beforeHold?.();
		if ((flags & original.constants.O_CREAT) !== 0) meanwhile.beforeMake?.();
		const resource = original.openSync(path, flags, mode);
		if (isHold) meanwhile.afterHold?.();
		return resource;
	};
	return { ...original, openSync };
});

beforeEach(() => {
	opened = openFilesIn((base) => {
		fs.mkdirSync(join(base, 'root'));
		fs.writeFileSync(join(base, 'root/file'), 'inside');
		return join(base, 'root');
	});
	at = (path) => join(opened.path, path);
});

afterEach(async () => {
	meanwhile = {};
	await partner?.end();
	partner = undefined;
	opened.close();
});

const wait = async (name: string, side: 'reader' | 'writer') => {
	partner = await FifoPartner.waitAt(at(name), side, join(opened.base, 'content'));
	return partner;
};

describe('a special file', () => {
	const kinds: [string, number, (path: string) => unknown][] = [
		['FIFO', FILETYPE_UNKNOWN, (path) => execFileSync('mkfifo', [path])],
		['socket', FILETYPE_SOCKET_STREAM, (path) => once(createServer().unref().listen(path), 'listening')],
	];
	if (isRoot) {
		kinds.push(['device', FILETYPE_CHARACTER_DEVICE, (path) => execFileSync('mknod', [path, ...DRIVERLESS])]);
	}

	test.each(kinds)('%s is refused at once and not touched', async (_name, kind, make) => {
		await make(at('special'));
		const stat = new FileStat();
		expect([opened.files.statPath(opened.root, 'special', stat), stat.kind]).toEqual([0, kind]);
		expect(touch(opened, 'special')).toEqual({
			read: -STATUS_SPECIAL,
			readWhole: -STATUS_SPECIAL,
			write: -STATUS_SPECIAL,
			append: -STATUS_SPECIAL,
			create: -STATUS_SPECIAL,
			createAppend: -STATUS_SPECIAL,
			truncate: -STATUS_SPECIAL,
			truncateRead: -STATUS_SPECIAL,
			exclusive: -ERRNO_EXIST,
			list: -ERRNO_NOTDIR,
			statPath: 0,
			createDirectory: -ERRNO_EXIST,
			removeDirectory: -ERRNO_NOTDIR,
			linkFrom: -STATUS_SPECIAL,
			linkTo: -ERRNO_EXIST,
		});
		expect(opened.files.open(opened.root, 'special/x', 0, Access.read)).toBe(-ERRNO_NOTDIR);
		expect(opened.files.unlink(opened.root, 'special')).toBe(0);
	});
});

describe.each(['reader', 'writer'] as const)('a FIFO at which a %s waits', (side) => {
	test('leaves it waiting, whatever is done to it', async () => {
		const { files, root } = opened;
		const waiting = await wait('fifo', side);
		for (let batch = 0; batch < 4; batch++) {
			files.batch();
			touch(opened, 'fifo');
		}
		const target = files.open(root, 'new', OFLAGS_CREAT, Access.write);
		expect(files.adopt(target, root, 'fifo')).toBe(-STATUS_SPECIAL);
		files.close(target);
		const directory = files.open(root, '', 0, Access.read);
		expect(files.listDirectory(directory, 0, (_name, describeEntry) => describeEntry(new FileStat()))).toBe(0);
		files.close(directory);
		expect(files.rename(root, 'fifo', root, 'moved')).toBe(0);
		expect(waiting.isWaiting).toBe(true);
		expect(await waiting.meet(at('moved'))).toBe(true);
		expect(files.unlink(root, 'moved')).toBe(0);
	});

	test.each([
		['reading', 0, Access.read],
		['writing', 0, Access.write],
		['appending', OFLAGS_CREAT, Access.append],
	])(
		'leaves it waiting when it comes in the place of a file that is being opened for %s',
		async (_, oflags, access) => {
			const waiting = await wait('fifo', side);
			meanwhile.afterHold = () => {
				meanwhile = {};
				fs.renameSync(at('fifo'), at('file'));
			};
			const fd = opened.files.open(opened.root, 'file', oflags, access);
			// It is the file that was there.
			expect(opened.files.size(fd)).toBe('inside'.length);
			opened.files.close(fd);
			expect(waiting.isWaiting).toBe(true);
			expect(await waiting.meet(at('file'))).toBe(true);
		},
	);

	test('leaves it waiting when it comes in the place of a file that is about to be made', async () => {
		const { files, root } = opened;
		const waiting = await wait('fifo', side);
		meanwhile.beforeMake = () => {
			meanwhile = {};
			fs.renameSync(at('fifo'), at('new'));
		};
		expect(files.open(root, 'new', OFLAGS_CREAT, Access.write)).toBe(-STATUS_SPECIAL);
		expect(waiting.isWaiting).toBe(true);
		expect(await waiting.meet(at('new'))).toBe(true);
	});
});

test('a file that is removed while it is being opened is the one that was there', () => {
	meanwhile.afterHold = () => fs.rmSync(at('file'), { force: true });
	expect(get(opened, 'file')).toBe('inside');
});

test('a file that somebody makes and removes again and again cannot keep a thread busy for ever', () => {
	let times = 0;
	meanwhile.beforeMake = () => {
		times++;
		fs.writeFileSync(at('new'), '');
	};
	meanwhile.beforeHold = () => fs.rmSync(at('new'), { force: true });
	expect(opened.files.open(opened.root, 'new', OFLAGS_CREAT, Access.write)).toBe(-ERRNO_EXIST);
	expect(times).toBeGreaterThan(1);
});
