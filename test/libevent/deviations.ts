// Where libevent itself and we do not say the same, and why. The reasons stand in docs/libevent.md, word for word.

export interface Deviation {
  scenario: string;
  who: string;
  theirs: string[];
  ours: string[];
  why: string;
}

export const deviations: Deviation[] = [
  {
    scenario: "a listener whose callback is taken away",
    who: "server",
    theirs: ["set_cb", "free"],
    ours: ["set_cb", "accept with address", "free"],
    why: "A listener whose callback was taken away accepts and closes whoever comes; the book says that it is disabled, and here it is.",
  },
  {
    scenario: "a listener at a port that is taken",
    who: "server",
    theirs: ["no listener", "free"],
    ours: ["a listener", "error true ptr", "free"],
    why: "`evconnlistener_new_bind` answers NULL for a port that is taken; here the platform tells later, and the error callback is called.",
  },
  {
    scenario: "freed when it is connected",
    who: "server",
    theirs: ["wrote", "read dropped", "event READING|EOF"],
    ours: ["wrote", "event READING|EOF"],
    why: "Output of a bufferevent that is freed when it is told of CONNECTED goes out once more; here it is dropped, as everywhere.",
  },
  {
    scenario: "a pair: one is freed",
    who: "right",
    theirs: ["partner freed", "no partner"],
    ours: ["partner freed", "no partner", "event READING|EOF"],
    why: "Who is left of a pair is told nothing; here it gets EOF.",
  },
  {
    scenario: "a filter that fails",
    who: "program",
    theirs: [],
    ours: ["event READING|ERROR"],
    why: "BEV_ERROR of a filter is lost; here it is reported as BEV_EVENT_ERROR.",
  },
  {
    scenario: "the more urgent of two active events runs first",
    who: "loop",
    theirs: ["init 0", "of 3", "default 1", "refused -1", "both timeout", "high read", "low read", "returned 1"],
    ours: ["init 0", "of 3", "default 1", "refused RangeError", "both timeout", "high read", "low read", "returned 1"],
    why: "A priority that the base does not have is -1; here it is a mistake of the program, and throws RangeError.",
  },
];
