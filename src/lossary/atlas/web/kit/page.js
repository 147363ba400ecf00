// What Python wrote into this page: messages, data, the functions of losses, and the pages of the bar.
export const messages = PAGE.messages;
export const data = PAGE.data;
export const functions = PAGE.functions;
export const pages = PAGE.pages;
