#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Short English posts, one a line: `posts.py [N]`, 4,000 unless said.

Written for this repository. Each post is one to three sentences in an order drawn by a
fixed generator, no two posts alike; every run and every machine gives the same.
"""
import sys

SENTENCES = """
The new kettle boils fast and looks good on the table.
I waited 40 minutes in the queue and nobody cared
Support answered within an hour, that was a nice surprise!
not happy with the delivery at all :(
Does anyone know when the store opens on Sunday?
LOVE it, best thing I bought this year 😍
the box was damaged but the lamp inside was fine
My order arrives on Tuesday
Why is the app so slow since the update???
Thanks to @northlane for the quick help, you are great
The screen went black after two days. Really disappointed.
ok so the refund came today, finally
Honestly the worst airline I have ever flown with
it's not bad for the price
They never told us that the gate had changed
Our waiter was friendly and funny, the soup was cold
Trying the new bakery around the corner this morning
I can't believe how beautiful the lake is in autumn
The manual is useless, no pictures and tiny letters
I don't hate it, but I would not buy it again
#latetrain again, third time this week
Rain all day, so we stayed in and played cards
This update broke the calendar on my phone, thanks for nothing
The battery lasts two full days, I am impressed
Somebody stole my bike in front of the library 😡
The seats are comfortable and the staff is very kind
just saw the trailer, can't wait for March!!
Delivery was quick. The colour is not what the picture shows.
Is it just me or has the coffee become weaker?
Never again. Two calls, three emails, no answer.
Great job by the volunteers at the river today
The room was clean and quiet, we slept like stones
My card was charged twice and they say it is my fault
The concert starts at eight, doors open at seven
A kind neighbour carried the parcel up to the fourth floor :)
The soup is nothing special, the bread is excellent
I tried to like this phone, but it freezes every morning
Happy birthday to the best sister in the world 🎉
Their prices went up again, I am moving to another provider
The museum is free on the first Thursday of the month
WOW that was a close match, well played
Sorry to hear that, hope you feel better soon
I was worried about the size, it fits perfectly
The elevator has been broken since Monday and nobody comes to fix it
Watching the snow fall from my kitchen window
the sound is terrible at low volume and barely better when loud
Customer service hung up on me. Twice!
Bought the blue one, my brother has the green one
It is hard to find a good plumber in this town
The garden smells wonderful after the rain
No problem at all with the return, money was back in two days
I miss the old design, this one is ugly and confusing
Our team lost, but what a fight
Please bring back the large size
The driver was rude and drove like a lunatic
New blog post: how we moved our shop to a smaller flat
So tired of these ads before every single video
I'm proud of my students, all of them passed the exam
The train was on time and almost empty, what a luxury
Could be worse, could be better
the kids absolutely loved the puppet show
My washing machine died and took my favourite shirt with it 😭
Meeting moved to half past three, same room
The apples from the market are sweet and cheap this week
He promised to call back and of course he didn't
The instructions were clear and it took me ten minutes
Whoever designed this door handle hates people
Good price, good quality, fast delivery. Recommended!
They lost my suitcase and the hotline just plays music
I hardly ever complain, yet this is a joke
Great, another password that I have to change
The view from the tower is worth every step
We have two tickets left for Friday, write me
Got a scam call from a fake bank again, be careful
The pasta was overcooked, the wine was lovely
Is the shop on Mill Street closed for good?
Not the least bit sorry that I cancelled
My laptop survived a fall from the table, solid thing
It smells of burnt plastic and gets scary hot
Free parking behind the church after six
The librarian found the book within a minute, what a treasure
Their new logo looks like an accident
I laughed so hard that I dropped my phone lol
The pharmacy was out of stock, and so were the two others
Only one bus an hour, and it was full
The old man at the counter remembered my name ❤
This is the kind of help that makes me stay
Without a doubt the prettiest street in the city
The update is here: dark mode, larger letters, fewer clicks
The water was freezing but we had fun
I paid for express and it took nine days
Lost my keys, found them in the fridge
The teacher explains everything with patience and humour
Too salty, too small, too expensive
If you like long walks, the path along the canal is nice
What a waste of money and time
The repair was cheaper than they had said, respect
My flight is cancelled and the app tells me to enjoy my trip
Fresh strawberries today
The cinema was half empty and the film was half good
Nobody at the desk knew anything, everybody was sorry
It works. That is all I wanted.
The hotel lied about the pool, there is none
""".strip().splitlines()
ENDS = ["", "", "", "", "", "", "!", " :)", " 🙏", " lol", " #mondays", " :/", " 👍", "...", " @millandco"]


def main():
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    state, seen = 1, set()

    def draw(n):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % n

    while len(seen) < wanted:
        parts = [SENTENCES[draw(len(SENTENCES))] for _ in range((1, 1, 2, 2, 3)[draw(5)])]
        text = " ".join(p if p[-1] in ".!?" else p + "." for p in parts[:-1])
        text = (text + " " + parts[-1]).lstrip()
        text += ENDS[draw(len(ENDS))]
        if draw(40) == 0:
            text = text.upper()
        if text not in seen:
            seen.add(text)
            print(text)


main()
