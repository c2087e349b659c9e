// The benchmarks, in the order in which they run and are shown. Each takes less than two and a half minutes.
export const BENCHMARKS = {
	'whole-files': 'reads of whole 4 KiB files, also one at a time and blocking',
	'open-readers': 'reads of 4 KiB at random places of an open file',
	stats: 'stat of 4 KiB files',
	stages: 'what the stages of a small read cost by themselves',
	creates: 'new and replaced 4 KiB files without a sync',
	durability: 'durable replacement of 4 KiB files',
	records: 'records of 100 bytes through a writer',
	reads: 'large files from front to back, large directories',
	writes: 'large files from front to back, written',
	'busy-pool': 'reads while crypto, zlib and dns keep the pool of Node busy',
	neighbours: 'reads behind a copy of 1 GiB and beside durable writes',
	growth: 'cost by the number of operations in flight',
	'store-size': 'cost by the number of files',
	offered: 'latencies by the rate that is offered',
	supervision: 'traps: the next answer, the throughput while they come',
	idle: 'a pool that has nothing to do: CPU, memory, first answer',
};
