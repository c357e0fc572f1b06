/** What was found out about requests of earlier processes, to go with the next answer. */
export interface News {
  add(sentence: string): void;
  /** A message with what has not been reported yet. */
  appendTo(message: string): string;
}

/** More sentences than this are counted, not listed. */
const MAX_SENTENCES = 5;

export function createNews(): News {
  let untold: string[] = [];
  let more = 0;
  return {
    add(sentence) {
      if (untold.length < MAX_SENTENCES) untold.push(sentence);
      else more++;
    },
    appendTo(message) {
      if (untold.length === 0) return message;
      const rest = more > 0 ? ` And ${more} more: sinch-numbers://journal has them all.` : '';
      const told = `${message}\nTell the user also: ${untold.join(' ')}${rest}`;
      untold = [];
      more = 0;
      return told;
    },
  };
}
