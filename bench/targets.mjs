// What the figures are to be on two cores with a warm page cache: the one place for the tables, the page and the documentation.
// A check holds a figure of one side against that of another, or by itself when there is no other: medians of the rounds of one run.

const HOLDFAST = 'Holdfast';
const C_THREAD = 'C thread';

/** CPU over ten seconds above that of bare Node that counts as not measurable: what bare Node itself varies by. */
const IDLE_CPU_MS = 5;

const atLeast = (limit, over, more) => ({ side: HOLDFAST, figure: 'rate', over, atLeast: limit, ...more });
const atMost = (limit, figure, over, more) => ({ side: HOLDFAST, figure, over, atMost: limit, ...more });

// What limits the figure, and what was tried, where a target may be missed: a link from this folder.
const STAGES = '[stage by stage](#what-is-missing-to-the-c-thread-stage-by-stage)';
const SLOWEST = '[the slowest reads](#what-others-on-the-same-cores-do-to-the-slowest-reads)';
const NEW_FILES = '[decision 0022](../docs/decisions/0022-what-a-new-file-costs.md)';
const FSYNCS = '[decision 0025](../docs/decisions/0025-fsyncs-side-by-side.md)';
const WRITERS = '[decision 0021](../docs/decisions/0021-writers-are-a-piece-ahead.md)';
const LISTINGS = '[decision 0063](../docs/decisions/0063-two-engines-share-a-listing.md)';
const MEMORY = '[decision 0070](../docs/decisions/0070-what-a-thread-loads.md)';

export const TARGETS = [
	{
		result: 'read-64',
		why: STAGES,
		work: 'read whole 4 KiB files, 64 in flight',
		checks: [
			atLeast(8, 'fs.promises.readFile'),
			atLeast(6, 'opendal.read'),
			atLeast(1.8, 'fs.readFile'),
			atLeast(0.4, C_THREAD),
			atMost(1 / 3, 'callerUs', 'fs.promises.readFile'),
		],
	},
	{
		result: 'pread-64',
		why: STAGES,
		work: 'random 4 KiB reads on an open reader, 64 in flight',
		checks: [atLeast(5, 'FileHandle.read'), atLeast(0.4, C_THREAD), atMost(1 / 3, 'callerUs', 'FileHandle.read')],
	},
	{ result: 'read-1', work: 'read whole 4 KiB files, one at a time', checks: [atLeast(2, 'fs.promises.readFile')] },
	{
		result: 'pread-1',
		work: 'random 4 KiB reads on an open reader, one at a time',
		checks: [atLeast(1, 'FileHandle.read')],
	},
	{
		result: 'read-sync',
		work: 'readSync of 4 KiB files',
		checks: [atLeast(4, 'opendal.readSync'), atLeast(0.6, 'fs.readFileSync')],
	},
	{
		result: 'stat-64',
		why: STAGES,
		work: 'stat, 64 in flight',
		checks: [atLeast(4, 'fs.promises.stat'), atLeast(5, 'opendal.stat')],
	},
	{
		result: 'create-64',
		why: NEW_FILES,
		work: 'create 4 KiB files, not synced, 64 in flight',
		checks: [atLeast(2, 'fs.promises.writeFile')],
	},
	{
		result: 'replace-64',
		why: NEW_FILES,
		work: 'replace 4 KiB files, not synced, 64 in flight',
		checks: [atLeast(1.3, 'fs.promises, temporary file and rename')],
	},
	{
		result: 'durable-64',
		why: FSYNCS,
		work: 'durable replace of 4 KiB files, 64 in flight',
		checks: [atLeast(2, 'fs.promises, the same sequence')],
	},
	...['ext4', 'xfs'].map((name) => ({
		result: `durable-64-${name}`,
		why: FSYNCS,
		work: `durable replace of 4 KiB files, 64 in flight, ${name} on an image`,
		checks: [atLeast(2, 'fs.promises, the same sequence')],
	})),
	{
		result: 'records',
		work: '100-byte records',
		checks: [atLeast(4, 'fs.createWriteStream'), atLeast(100, 'opendal writer')],
	},
	{
		result: 'sequential-read',
		work: '1 GiB sequential read',
		checks: [
			atLeast(1.5, 'fs.createReadStream, 2 MiB', { side: 'Holdfast, leases' }),
			atLeast(1, 'fs.createReadStream, 2 MiB', { side: 'Holdfast, Node stream' }),
			atLeast(4, 'opendal createReadStream', { side: 'Holdfast, Node stream' }),
		],
	},
	{
		result: 'whole-read',
		work: 'read a file of 256 MiB as a whole',
		checks: [atLeast(1, 'fs.promises.readFile')],
	},
	{
		result: 'list',
		why: LISTINGS,
		work: 'list 100,000 files with metadata',
		checks: ['Holdfast lister', 'Holdfast list, ordered'].map((side) =>
			atLeast(2, 'readdir, then stat with 64 in flight', { side }),
		),
	},
	{
		result: 'sequential-write',
		why: WRITERS,
		work: '1 GiB sequential write, not synced',
		checks: [atLeast(1.2, 'fs.createWriteStream')],
	},
	{
		result: 'trapping',
		work: 'reads while an instance traps ten times a second',
		checks: [atLeast(0.8, 'undisturbed', { side: 'trapping ten times a second' })],
	},
	{
		result: 'supervision',
		work: 'errors per trap: the call that trapped',
		checks: [atMost(1, 'errorsPerTrap')],
	},
	{
		result: 'idle',
		why: MEMORY,
		work: 'idle pool, one worker',
		checks: [
			atMost(IDLE_CPU_MS, 'aboveBareCpuMs'),
			atMost(80, 'firstMs'),
			atMost(40, 'aboveBareMib'),
			atMost(40, 'usedAboveBareMib'),
		],
	},
	{
		result: 'busy-pool',
		why: SLOWEST,
		work: 'p99 of 4 KiB reads while crypto, zlib and dns keep the pool of Node busy',
		checks: [atMost(3, 'p99Us', 'Holdfast, idle', { side: 'Holdfast, busy' })],
	},
	{
		result: 'neighbours',
		why: SLOWEST,
		work: 'p99 of 4 KiB reads behind a 1 GiB copy and beside 32 durable writes, one worker for reads',
		checks: [
			atMost(3, 'p99Us', 'Holdfast, idle', { side: 'Holdfast, behind a copy' }),
			atMost(3, 'p99Us', 'Holdfast, idle', { side: 'Holdfast, beside durable writes' }),
		],
	},
	{
		result: 'growth',
		work: 'cost of a 4 KiB read from 64 to 1,024 in flight',
		checks: [
			atMost(1.2, 'rise', undefined, { side: 'Holdfast, whole files' }),
			atMost(1.2, 'rise', undefined, { side: 'Holdfast, open reader' }),
		],
	},
	{
		result: 'store-size',
		why: STAGES,
		work: 'cost of a 4 KiB read from 1,000 files on, beside the rise of the C thread',
		checks: [atMost(1.2, 'riseOverCeiling')],
	},
];
