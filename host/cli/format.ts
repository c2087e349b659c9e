import type { Entry, Metadata } from '../index.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const UNIT_STEP = 1000;

/** Bytes for people: `999 B`, `1.2 kB`, `318 MB`. */
export function formatBytes(bytes: number): string {
	let value = bytes;
	let unit = 0;
	// What would be rounded up to a thousand belongs to the next unit.
	while (value >= UNIT_STEP - 0.5 && unit < UNITS.length - 1) {
		value /= UNIT_STEP;
		unit++;
	}
	return `${value.toFixed(unit > 0 && value < 99.95 ? 1 : 0)} ${UNITS[unit]}`;
}

/** A count with thousands separated, the same in every locale. */
export function formatCount(count: number): string {
	return count.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** `1 file`, `1,168 files`. */
export function formatNumber(count: number, noun: string, plural = `${noun}s`): string {
	return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

export function formatSeconds(milliseconds: number): string {
	return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Bytes per second over a stretch of time. */
export function formatRate(bytes: number, milliseconds: number): string {
	return `${formatBytes(bytes / (Math.max(milliseconds, 1) / 1000))}/s`;
}

/** What a listing with `-l` shows of an entry, in front of its path. */
export function formatColumns(metadata: Metadata): string {
	const size = metadata.isDirectory() ? '-' : String(metadata.contentLength);
	return `${size.padStart(SIZE_COLUMNS)}  ${formatTime(metadata)}`;
}

/** `2026-01-31 09:30:00Z`. */
export function formatTime(metadata: Metadata): string {
	const [date, time] = String(metadata.lastModified).split('T');
	return `${date} ${time.slice(0, 'hh:mm:ss'.length)}Z`;
}

/** What `--json` says about a path. The size is a number, as JSON's readers expect it. */
export function describePath(path: string, metadata: Metadata): Record<string, unknown> {
	return { path, ...metadata.toJSON(), contentLength: Number(metadata.contentLength) };
}

export function describeEntry(entry: Entry): Record<string, unknown> {
	return describePath(entry.path(), entry.metadata());
}

const SIZE_COLUMNS = 14;
