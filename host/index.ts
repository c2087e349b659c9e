export { ERROR_CODES, type ErrorCode, type ErrorDetails, HoldfastError } from './errors.js';
export { type ImportFailure, type ImportSummary, importTree } from './import/import-tree.js';
export type { ImportOptions } from './import/options.js';
export type { ImportProgress, OnImportProgress } from './import/progress.js';
export * from './layers/index.js';
export * as layers from './layers/index.js';
export { Layer } from './layers/layer.js';
export type { Content } from './operator/content.js';
export type { Durability } from './operator/durability.js';
export { Entry } from './operator/entry.js';
export { Lease, type LeaseOptions } from './operator/lease.js';
export { BlockingLister, Lister } from './operator/lister.js';
export { EntryMode, Metadata } from './operator/metadata.js';
export type { ReadStreamOptions, WriteStreamOptions } from './operator/node-stream-options.js';
export { Operator, type PresignedRequest } from './operator/operator.js';
export type {
	BlobOptions,
	CallOptions,
	ChangeOptions,
	ConditionOptions,
	CopyOptions,
	DeleteOptions,
	ListOptions,
	ReaderOptions,
	ReadOptions,
	SizeOption,
	StatOptions,
	TimeOption,
	TransferOptions,
	WriteOptions,
	WriterOptions,
} from './operator/options.js';
export type { OnProgress, Progress } from './operator/progress.js';
export { BlockingReader, Reader } from './operator/reader.js';
export type { ReadableWebStreamOptions, WritableWebStreamOptions } from './operator/stream-options.js';
export { type Change, Watch } from './operator/watch.js';
export { BlockingWriter, Writer } from './operator/writer.js';
export type { PoolHealth } from './pool/health.js';
export type { PoolOptions } from './pool/options.js';
export type { Pool, PoolEvents } from './pool/pool.js';
export type { Capability } from './services/capability.js';
