/**
 * How sanitizers are asked to print a frame (`stack_trace_format`); `trace/sanitizer-frame.ts` reads it. By default they leave
 * the module out of every frame that has a line, and the module is what tells the subject's frames from the rest.
 */
export const sanitizerFrameFormat = '    #%n|%p|%m|%o|%f|%s|%l|%c'
