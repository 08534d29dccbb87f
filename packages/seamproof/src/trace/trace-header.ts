import { crc32 } from 'node:zlib'
import { type ErrorCode, ExitCode, SeamproofError } from '../base/seamproof-error.js'
import type { CaptureMode } from '../contract/capture.js'
import {
  fileHeaderBytes,
  fileHeaderUsedBytes,
  traceFormatVersion,
  traceMagic,
} from './trace-format.js'

/** The first page of a trace. Counters are those of the moment when the file was read. */
export interface TraceHeader {
  formatVersion: number
  pid: number
  parentPid: number
  /** Wall clock, milliseconds since 1970. */
  startWallMs: number
  startMonotonicNs: number
  /** 0 while the file is open. */
  endMonotonicNs: number
  mode: CaptureMode
  pageSizeBytes: number
  stackDepthMax: number
  /** See `TraceState`. */
  state: number
  eventsDropped: number
  stacksTruncated: number
  walksEndedEarly: number
  nodeTableFull: number
  foreignStackWalks: number
  untrackedCalls: number
  forksNotFollowed: number
  eventsRecorded: number
  /** Bytes of the file that were handed out to chunks, this header included. */
  usedBytes: number
  fileLimitBytes: number
  /** Of the CPU sampler: samples taken, lost for want of room, cut at the depth limit, and without the thread's root. */
  cpuSamples: number
  cpuDropped: number
  cpuTruncated: number
  cpuRootless: number
  /** False when the fixed part of the header fails its CRC: the chunks may still be whole. */
  isHeaderIntact: boolean
}

const hint = 'give a capture directory, or a process-*.trace file, made by `seamproof track`'

function fault(code: ErrorCode, message: string): SeamproofError {
  return new SeamproofError(code, message, { hint, exitCode: ExitCode.subjectNotDriven })
}

/** A counter: as a double, which is exact up to 2^53; a damaged one is merely large. */
function u64(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 4294967296
}

function checkIdentity(bytes: Uint8Array, view: DataView, path: string): void {
  if (bytes.length === 0) throw fault('TRACE_EMPTY', `${path} is empty`)
  const magic = String.fromCharCode(...bytes.subarray(0, 8))
  if (magic !== traceMagic)
    throw fault(
      'TRACE_FOREIGN',
      `${path} is not a Seamproof trace: it does not begin with ${traceMagic}`,
    )
  if (bytes.length < fileHeaderUsedBytes)
    throw fault('TRACE_TRUNCATED', `${path} ends after ${bytes.length} bytes, inside its header`)
  const version = view.getUint32(8, true)
  if (version !== traceFormatVersion)
    throw new SeamproofError(
      'TRACE_VERSION',
      `${path} has trace format version ${version}; this Seamproof reads version ${traceFormatVersion}`,
      {
        hint: 'read it with the Seamproof that made it (see capture.json), or record it again with `seamproof track`',
        exitCode: ExitCode.subjectNotDriven,
      },
    )
  const headerBytes = view.getUint32(12, true)
  if (headerBytes !== fileHeaderBytes)
    throw fault(
      'TRACE_DAMAGED',
      `${path} says that its header has ${headerBytes} bytes, not ${fileHeaderBytes}`,
    )
}

const modes: CaptureMode[] = ['full', 'aggregate', 'samples']

export function parseTraceHeader(bytes: Uint8Array, path: string): TraceHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  checkIdentity(bytes, view, path)
  return {
    formatVersion: view.getUint32(8, true),
    pid: view.getUint32(16, true),
    parentPid: view.getUint32(20, true),
    startWallMs: u64(view, 24) / 1e6,
    startMonotonicNs: u64(view, 32),
    endMonotonicNs: u64(view, 128),
    mode: modes[view.getUint32(40, true)] ?? 'full',
    pageSizeBytes: view.getUint32(44, true),
    stackDepthMax: view.getUint32(48, true),
    state: view.getUint32(52, true),
    eventsDropped: u64(view, 56),
    stacksTruncated: u64(view, 64),
    walksEndedEarly: u64(view, 72),
    nodeTableFull: u64(view, 80),
    foreignStackWalks: u64(view, 88),
    untrackedCalls: u64(view, 96),
    forksNotFollowed: u64(view, 104),
    eventsRecorded: u64(view, 112),
    usedBytes: u64(view, 120),
    fileLimitBytes: u64(view, 136),
    cpuSamples: u64(view, 144),
    cpuDropped: u64(view, 152),
    cpuTruncated: u64(view, 160),
    cpuRootless: u64(view, 168),
    isHeaderIntact: crc32(bytes.subarray(0, 52)) === view.getUint32(252, true),
  }
}
