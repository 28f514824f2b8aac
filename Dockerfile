FROM python:3.11-slim

# Where PyTorch's CPU build comes from: networks of this size gain little from a GPU.
ARG TORCH_CPU_INDEX=https://download.pytorch.org/whl/cpu

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    OMP_NUM_THREADS=1 \
    MALLOC_ARENA_MAX=2

WORKDIR /app

# Before the sources, so that a change of theirs installs nothing anew. PyTorch comes first and alone, in the pinned
# versions: pip then finds it in place, and does not take the default build with CUDA.
COPY requirements.txt ./
RUN grep -E '^torch(vision)?==' requirements.txt > torch.txt \
    && pip install --no-deps --index-url "$TORCH_CPU_INDEX" -r torch.txt \
    && pip install -r requirements.txt

# The folders of saved runs and of downloaded data belong to the user who writes there, in a volume too.
RUN useradd --create-home --uid 1000 app \
    && install --directory --owner app --group app /home/app/runs /home/app/data
ENV GAN_EXPLORER_RUNS=/home/app/runs \
    GAN_EXPLORER_DATA=/home/app/data

COPY .streamlit/config.toml .streamlit/
COPY app.py ./
COPY assets/ assets/
COPY gan_core/ gan_core/
COPY pages/ pages/

USER 1000
EXPOSE 8501

# With Python, as the slim image has no curl.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["python", "-m", "streamlit", "run", "app.py", \
     "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true"]
