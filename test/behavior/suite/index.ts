import type { ServiceUnderTest } from '../service.js';
import { appendBehavior } from './append.js';
import { appenderBehavior } from './appenders.js';
import { cancellationBehavior } from './cancellation.js';
import { capabilityBehavior } from './capability.js';
import { closingBehavior } from './closing.js';
import { conditionBehavior } from './conditions.js';
import { createDirectoryBehavior } from './create-directory.js';
import { deleteBehavior } from './delete.js';
import { errorBehavior } from './errors.js';
import { ifNotExistsBehavior } from './if-not-exists.js';
import { layerBehavior } from './layers.js';
import { listBehavior } from './list.js';
import { listerBehavior } from './lister.js';
import { nameBehavior } from './names.js';
import { openLimitBehavior } from './open-limits.js';
import { outsideBehavior } from './outside.js';
import { ownershipBehavior } from './ownership.js';
import { pathBehavior } from './paths.js';
import { readBehavior } from './read.js';
import { readerBehavior } from './reader.js';
import { readingBehavior } from './reading.js';
import { rivalBehavior } from './rivals.js';
import { sizeBehavior } from './sizes.js';
import { statBehavior } from './stat.js';
import { surfaceBehavior } from './surface.js';
import { transferBehavior } from './transfer.js';
import { writeBehavior } from './write.js';
import { writerBehavior } from './writer.js';

/** Every behaviour that a service must have, in the order of semantics.md. */
export const behaviors: readonly ((service: ServiceUnderTest) => void)[] = [
	surfaceBehavior,
	pathBehavior,
	statBehavior,
	readBehavior,
	readerBehavior,
	readingBehavior,
	writeBehavior,
	appendBehavior,
	ifNotExistsBehavior,
	writerBehavior,
	createDirectoryBehavior,
	deleteBehavior,
	listBehavior,
	listerBehavior,
	transferBehavior,
	sizeBehavior,
	rivalBehavior,
	appenderBehavior,
	nameBehavior,
	ownershipBehavior,
	outsideBehavior,
	capabilityBehavior,
	conditionBehavior,
	layerBehavior,
	errorBehavior,
	cancellationBehavior,
	openLimitBehavior,
	closingBehavior,
];
