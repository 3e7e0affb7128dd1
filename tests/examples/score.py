# SPDX-License-Identifier: MIT
"""score.py - libearshot from Python by ctypes: texts in, labels and reasons out, by several threads.

    python3 score.py /usr/local/share/earshot/lexicons "great service" "kargo çok geç geldi"

Prints a line for each text, in their order, and explains the first. The classes below are the structs of
<earshot/error.h>, <earshot/post.h> and <earshot/score.h>, member by member. libearshot.so.0 is looked for
where the system keeps libraries, or is the file that EARSHOT_LIBRARY names."""

import ctypes
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from ctypes import POINTER, Structure, byref, c_bool, c_char, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint32, c_void_p

LABELS = (None, 'negative', 'neutral', 'positive')


class Error(Structure):  # struct earshot_error
    _fields_ = [('code', c_int), ('line', c_int), ('column', c_int), ('record', c_int64),
                ('file', c_char * 256), ('text', c_char * 512), ('hint', c_char * 256)]


class Str(Structure):  # struct earshot_str: UTF-8, borrowed, not ended by a NUL
    _fields_ = [('ptr', c_void_p), ('len', c_size_t)]

    def __str__(self):
        return ctypes.string_at(self.ptr, self.len).decode('utf-8', 'replace') if self.len else ''


class Part(Structure):  # struct earshot_part
    _fields_ = [('where', c_int), ('start', c_uint32), ('len', c_uint32), ('term', Str), ('rule', c_char_p),
                ('weight', c_int32), ('neutrality', c_int32)]


class Sentiment(Structure):  # struct earshot_sentiment
    _fields_ = [('size', c_size_t), ('label', c_int), ('profile', c_int), ('score', c_double), ('prob', c_double * 3),
                ('confidence', c_double), ('polarity', c_int32), ('neutrality', c_int32), ('compound', c_double),
                ('pos', c_double), ('neu', c_double), ('neg', c_double), ('lang', c_char * 8), ('lexicon', c_char_p),
                ('why', POINTER(Part)), ('n_why', c_size_t), ('rating', c_double * 3)]


class Options(Structure):  # struct earshot_score_options
    _fields_ = [('size', c_size_t), ('profile', c_int), ('lang', c_char_p), ('max_why', c_size_t)]


WRITE = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)  # earshot_write_fn

library = ctypes.CDLL(os.environ.get('EARSHOT_LIBRARY', 'libearshot.so.0'))
for name, restype, *argtypes in (
        ('earshot_lexicon_open', c_int, POINTER(c_void_p), c_char_p, POINTER(Error)),
        ('earshot_lexicon_close', None, c_void_p),
        ('earshot_scorer_new', c_int, POINTER(c_void_p), c_void_p, POINTER(Options), POINTER(Error)),
        ('earshot_scorer_free', None, c_void_p),
        ('earshot_score', c_int, c_void_p, Str, Str, Str, POINTER(Sentiment), POINTER(Error)),
        ('earshot_explain', c_int, POINTER(Sentiment), Str, Str, c_bool, WRITE, c_void_p),
        ('earshot_code_name', c_char_p, c_int)):
    function = getattr(library, name)
    function.restype, function.argtypes = restype, argtypes


class EarshotError(Exception):
    def __init__(self, error):
        self.code = library.earshot_code_name(error.code).decode()
        where = f' ({error.file.decode()}:{error.line}:{error.column})' if error.file else ''
        hint = f'; {error.hint.decode()}' if error.hint else ''
        super().__init__(f'{self.code}: {error.text.decode()}{where}{hint}')


def must(call, *args):
    """Calls a function whose last argument is a struct earshot_error."""
    error = Error()
    if call(*args, byref(error)) != 0:
        raise EarshotError(error)


class Lexicon:
    """Any number of threads may use one lexicon. Close it after the last of its scorers."""

    def __init__(self, folder):
        self.handle = c_void_p()
        must(library.earshot_lexicon_open, byref(self.handle), os.fsencode(folder))

    def close(self):
        library.earshot_lexicon_close(self.handle)
        self.handle = None


class Scorer:
    """Scratch memory around a lexicon: one per thread."""

    def __init__(self, lexicon, lang=None, max_why=12):
        self.handle = c_void_p()
        options = Options(size=ctypes.sizeof(Options), lang=lang.encode() if lang else None, max_why=max_why)
        must(library.earshot_scorer_new, byref(self.handle), lexicon.handle, byref(options))

    def score(self, text):
        """The sentiment of a text; its parts are valid until the next call."""
        sentiment = Sentiment(size=ctypes.sizeof(Sentiment))
        must(library.earshot_score, self.handle, Str(), view(text.encode()), Str(), byref(sentiment))
        return sentiment

    def explain(self, text):
        pieces = []

        def write(_, ptr, length):
            pieces.append(ctypes.string_at(ptr, length))
            return 0
        code = library.earshot_explain(byref(self.score(text)), Str(), view(text.encode()), False, WRITE(write), None)
        if code != 0:
            raise EarshotError(Error(code=code))
        return b''.join(pieces).decode('utf-8', 'replace')

    def close(self):
        library.earshot_scorer_free(self.handle)
        self.handle = None


def view(data):
    """Borrowed: the Str keeps the bytes alive as long as it lives itself."""
    text = Str(ctypes.cast(ctypes.c_char_p(data), c_void_p), len(data))
    text.data = data
    return text


def main(folder, *texts):
    lexicon = Lexicon(folder)
    own, scorers = threading.local(), []

    def line(text):
        if not hasattr(own, 'scorer'):
            own.scorer = Scorer(lexicon, max_why=3)
            scorers.append(own.scorer)
        s = own.scorer.score(text)
        words = ''.join(f' {part.term}:{part.weight / 1024:+.2f}' for part in s.why[:s.n_why] if part.term.len)
        return f'{LABELS[s.label]} {s.score:+.3f} {s.lang.decode()}{words}'
    with ThreadPoolExecutor(4) as pool:  # ctypes lets other threads run during a call
        for result in pool.map(line, texts):
            print(result)
    scorers.append(Scorer(lexicon))
    print(scorers[-1].explain(texts[0]), end='')
    for scorer in scorers:
        scorer.close()
    lexicon.close()


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit('usage: score.py LEXICONS TEXT...')
    try:
        main(*sys.argv[1:])
    except EarshotError as problem:
        sys.exit(str(problem))
